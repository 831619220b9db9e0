import type { RandomSource } from '../../../kernel/random-source.ts';

const manners =
  'able agile amber brave bright brisk calm clear clever coral crisp deft eager early fair fleet fond gentle glad golden keen kind light lively lucid mellow merry mild neat nimble noble patient plain polite proud quick quiet rapid ready rosy serene sharp silver smooth sober steady stoic sunny swift tidy vivid warm wise witty'.split(
    ' ',
  );
const things =
  'acorn anchor aster badger bay beacon birch brook cedar cliff cloud comet crane delta dune ember falcon fern fjord fox garnet glade grove harbor hawk heron hill iris island jade kestrel lake lark linden lynx maple marten meadow moon oak ocean orchid otter owl pearl pine plover poplar quail raven reef river robin sail shore sparrow spruce star stone swan tern thistle tide trout valley violet walnut wave willow wren'.split(
    ' ',
  );

/** A name for a run that was given none: `quiet-heron-417`. */
export function randomName(random: RandomSource): string {
  const [first = 0, second = 0, third = 0, fourth = 0] = random.bytes(4);
  return `${manners[first % manners.length]}-${things[second % things.length]}-${(third * 256 + fourth) % 1000}`;
}

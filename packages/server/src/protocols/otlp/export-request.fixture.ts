import type { Attributes, ReceivedSpan, SpanValue } from '../../llm/index.ts';
import { bytesField, numberField, textField } from './protobuf-writer.ts';

/** `ExportTraceServiceRequest` with the spans, each under a resource and scope of its own. */
export function encodeRequest(spans: readonly ReceivedSpan[]): Buffer {
  return Buffer.concat(
    spans.map((received) => {
      const resource = bytesField(1, attributes(1, received.resource));
      const scope = bytesField(1, textField(1, received.scope));
      // The scope stands behind its span, which the format allows.
      const scoped = bytesField(2, Buffer.concat([bytesField(2, encodeSpan(received)), scope]));
      return bytesField(1, Buffer.concat([resource, scoped]));
    }),
  );
}

function encodeSpan({ traceId, span }: ReceivedSpan): Buffer {
  const status = Buffer.concat([
    textField(2, span.statusMessage ?? ''),
    numberField(3, ['UNSET', 'OK', 'ERROR'].indexOf(span.status)),
  ]);
  return Buffer.concat([
    bytesField(1, Buffer.from(traceId, 'hex')),
    bytesField(2, Buffer.from(span.id, 'hex')),
    textField(3, span.traceState ?? ''),
    bytesField(4, Buffer.from(span.parentId ?? '', 'hex')),
    textField(5, span.name),
    numberField(6, span.kind),
    fixed64(7, span.startedAt),
    fixed64(8, span.endedAt),
    attributes(9, span.attributes),
    numberField(10, span.droppedAttributes ?? 0),
    ...span.events.map((event) =>
      bytesField(
        11,
        Buffer.concat([fixed64(1, event.at), textField(2, event.name), attributes(3, event.attributes)]),
      ),
    ),
    ...span.links.map((link) =>
      bytesField(
        13,
        Buffer.concat([
          bytesField(1, Buffer.from(link.traceId, 'hex')),
          bytesField(2, Buffer.from(link.spanId, 'hex')),
          attributes(4, link.attributes),
        ]),
      ),
    ),
    bytesField(15, status),
  ]);
}

function attributes(field: number, entries: Attributes): Buffer {
  return Buffer.concat(entries.map((entry) => bytesField(field, keyValue(entry))));
}

function keyValue([key, value]: readonly [string, SpanValue]): Buffer {
  return Buffer.concat([bytesField(1, Buffer.from(key)), bytesField(2, anyValue(value))]);
}

function anyValue(value: SpanValue): Buffer {
  if (value === null) return Buffer.alloc(0);
  if (typeof value === 'string') return bytesField(1, Buffer.from(value));
  if (typeof value === 'boolean') return Buffer.from([2 * 8, value ? 1 : 0]);
  if (typeof value === 'number') return int64(BigInt(value));
  if (Array.isArray(value))
    return bytesField(
      5,
      Buffer.concat((value as readonly SpanValue[]).map((item) => bytesField(1, anyValue(item)))),
    );
  if ('i' in value) return int64(BigInt(value.i));
  if ('b' in value) return bytesField(7, Buffer.from(value.b, 'base64'));
  if ('m' in value) return bytesField(6, attributes(1, value.m));
  const bytes = Buffer.alloc(9);
  bytes[0] = 4 * 8 + 1;
  bytes.writeDoubleLE('d' in value ? Number(value.d) : 0, 1);
  return bytes;
}

function int64(value: bigint): Buffer {
  const bytes: number[] = [3 * 8];
  let rest = BigInt.asUintN(64, value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

function fixed64(field: number, digits: string): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = field * 8 + 1;
  bytes.writeBigUInt64LE(BigInt(digits), 1);
  return bytes;
}

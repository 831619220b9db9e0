import type { KeptFile } from '../freeze-files.ts';

// Forms that run code while they are read: pickles by any name, and archives that hold one.
const pickled = /\.(pkl|pickle|joblib|dill|cloudpickle|pt|pth|ckpt|bin|npy|npz|h5|hdf5|keras|skops|mar)$/i;
const declarative =
  /\.(py|txt|ya?ml|json|md|toml|csv|onnx|safetensors|parquet|ubj|cbm|cfg|ini)$|(^|\/)MLmodel$/i;

/**
 * The files that may run code when they are loaded. By their names, and by the first bytes of those whose names say nothing:
 * a pickle of protocol 2 or later begins with 0x80 and its number (Python's pickletools), an archive with PK.
 */
export async function findPickles(
  files: readonly KeptFile[],
  firstBytes: (file: KeptFile) => Promise<Uint8Array>,
): Promise<readonly KeptFile[]> {
  const found: KeptFile[] = [];
  for (const file of files) {
    if (pickled.test(file.path)) found.push(file);
    else if (!declarative.test(file.path) && looksPickled(await firstBytes(file))) found.push(file);
  }
  return found;
}

function looksPickled(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes;
  const isPickle = first === 0x80 && second >= 2 && second <= 5;
  const isArchive = first === 0x50 && second === 0x4b;
  const isOldPickle = first === 0x28 || first === 0x63 || first === 0x5d || first === 0x7d;
  return isPickle || isArchive || isOldPickle;
}

// The two halves of AES-CTR around AES-ECB: counter blocks in, key stream out. One ECB call over the counter blocks of
// hundreds of small blobs costs less than one cipher object per blob.

/** Writes `count` big-endian 128-bit counter blocks, from the one that lies `skip` blocks after the vector at `iv`. */
export function counterBlocks(target: usize, iv: usize, skip: usize, count: usize): void {
  let high = bswap<u64>(load<u64>(iv))
  let low = bswap<u64>(load<u64>(iv, 8)) + <u64>skip
  if (low < <u64>skip) high++
  for (let i: usize = 0; i < count; i++) {
    store<u64>(target, bswap<u64>(high))
    store<u64>(target, bswap<u64>(low), 8)
    target += 16
    low++
    if (low == 0) high++
  }
}

/** target[i] = source[i] xor keyStream[i] */
export function xorInto(target: usize, source: usize, keyStream: usize, length: usize): void {
  let i: usize = 0
  for (; i + 64 <= length; i += 64) {
    v128.store(target + i, v128.xor(v128.load(source + i), v128.load(keyStream + i)))
    v128.store(target + i, v128.xor(v128.load(source + i, 16), v128.load(keyStream + i, 16)), 16)
    v128.store(target + i, v128.xor(v128.load(source + i, 32), v128.load(keyStream + i, 32)), 32)
    v128.store(target + i, v128.xor(v128.load(source + i, 48), v128.load(keyStream + i, 48)), 48)
  }
  for (; i < length; i++) store<u8>(target + i, load<u8>(source + i) ^ load<u8>(keyStream + i))
}

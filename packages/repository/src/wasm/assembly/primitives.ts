export { setPolynomial, findCut } from './rabin'
export { setPolyKey, polyStart, polyUpdate, polyFinish, poly1305 } from './poly1305'
export { counterBlocks, xorInto } from './counter-mode'
export { scryptRoMix } from './scrypt'

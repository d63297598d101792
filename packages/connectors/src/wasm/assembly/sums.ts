export { FOLDING_TABLES as foldingTables, FOLDED_BLOCK as foldedBlock } from './layout'
export { fold } from './crc32c-folding'
export { pageSum } from './page-checksum'

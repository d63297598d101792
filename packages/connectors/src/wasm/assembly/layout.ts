// Addresses below 64 KiB hold tables and results; everything above belongs to the caller.
export const FOLDING_TABLES: usize = 1024 // 4 × 4 × 2 tables of 16 bytes
export const FOLDED_BLOCK: usize = 2048 // 128 bytes
export const CONSTANT: usize = 2176 // u32

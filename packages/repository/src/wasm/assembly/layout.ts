// Addresses below 64 KiB hold tables and state; everything above belongs to the caller.
export const MOD_TABLE: usize = 1024 // 256 × u64
export const OUT_TABLE: usize = 3072 // 256 × u64
export const POLY_STATE: usize = 8192 // accumulator: 5 × u64
export const POLY_POWERS: usize = 8256 // r, r², r³, r⁴: 5 × u64 each
export const POLY_SCRATCH: usize = 8448 // last partial block, then limbs of the four lanes

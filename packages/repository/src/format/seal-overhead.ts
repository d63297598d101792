/** What sealing adds to a message: 16 bytes of initialisation vector before it, 16 bytes of tag after it. */
export const sealOverheadBytes = 32

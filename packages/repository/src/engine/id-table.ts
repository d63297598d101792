/**
 * A set of ids, 32 bytes each, numbered in the order of their arrival, in memory that all threads share: an
 * open-addressing hash table of 32 bytes an entry and 4 bytes a slot.
 */
export interface SharedIdTable {
  readonly capacity: number
  /** Int32 slots: 0 empty, −1 being written, otherwise entry + 1 */
  readonly slots: SharedArrayBuffer
  readonly ids: SharedArrayBuffer
  /** Int32: entries in use */
  readonly counter: SharedArrayBuffer
}

/** Share of the slots that may be taken: beyond it look-ups become slow. */
const fullestSlots = 0.7
/** An id as words. Ids are hashes, so that their first word serves as the hash. */
const idWords = 8

function createSlots(entries: number): SharedArrayBuffer {
  return new SharedArrayBuffer(Math.max(1024, Math.ceil(entries / fullestSlots)) * 4)
}

export class IdTable {
  readonly shared: SharedIdTable
  readonly capacity: number
  readonly #slots: Int32Array
  readonly #ids: Int32Array
  readonly #bytes: Buffer
  readonly #counter: Int32Array

  private constructor(shared: SharedIdTable) {
    this.shared = shared
    this.capacity = shared.capacity
    this.#slots = new Int32Array(shared.slots)
    this.#ids = new Int32Array(shared.ids)
    this.#bytes = Buffer.from(shared.ids)
    this.#counter = new Int32Array(shared.counter)
  }

  /** Entries take memory as they are written, slots at once: `capacity` may be generous, `expected` should be near. */
  static create(capacity: number, expected = capacity): IdTable {
    const ids = new SharedArrayBuffer(capacity * idWords * 4)
    return new IdTable({ capacity, slots: createSlots(expected), ids, counter: new SharedArrayBuffer(4) })
  }

  static attach(shared: SharedIdTable): IdTable {
    return new IdTable(shared)
  }

  get size(): number {
    return Atomics.load(this.#counter, 0)
  }

  /** How many more entries there is room for. */
  get free(): number {
    return this.capacity - this.size
  }

  get reservedBytes(): number {
    return this.shared.slots.byteLength + this.shared.ids.byteLength
  }

  /** 64 hex digits. */
  idOf(entry: number): string {
    return this.#bytes.toString('hex', entry * 32, entry * 32 + 32)
  }

  /** The entry of an id, or −1. Waits for one that another thread is about to write. */
  find(id: Int32Array): number {
    const slots = this.#slots
    const ids = this.#ids
    const first = id[0] ?? 0
    for (let slot = firstSlot(first, slots.length); ; slot = slot + 1 === slots.length ? 0 : slot + 1) {
      let value = slots[slot] ?? 0
      if (value === 0) return -1
      while (value === -1) value = Atomics.load(slots, slot)
      const at = (value - 1) * idWords
      if (ids[at] === first && sameId(ids, at, id)) return value - 1
    }
  }

  /**
   * Adds an id; of several threads that do so exactly one succeeds. Returns the new entry, or −1 − the entry that has the
   * id already. The caller sees to it that the table has room.
   */
  claim(id: Int32Array): number {
    const slots = this.#slots
    for (let slot = firstSlot(id[0] ?? 0, slots.length); ; slot = slot + 1 === slots.length ? 0 : slot + 1) {
      let value = Atomics.load(slots, slot)
      if (value === 0) {
        value = Atomics.compareExchange(slots, slot, 0, -1)
        if (value === 0) {
          const entry = Atomics.add(this.#counter, 0, 1)
          if (entry >= this.capacity) throw new Error('the table of ids is full')
          this.#ids.set(id, entry * idWords)
          Atomics.store(slots, slot, entry + 1)
          return entry
        }
      }
      while (value === -1) value = Atomics.load(slots, slot)
      if (sameId(this.#ids, (value - 1) * idWords, id)) return -value
    }
  }

  /**
   * Adds ids, also such as are there already, and returns the first one's entry, or −1 when there is no room for all. They
   * are found once they are linked.
   */
  append(ids: Int32Array): number {
    const count = ids.length / idWords
    for (let entry = this.size; this.#hasRoom(entry + count); entry = this.size) {
      if (Atomics.compareExchange(this.#counter, 0, entry, entry + count) !== entry) continue
      this.#ids.set(ids, entry * idWords)
      return entry
    }
    return -1
  }

  /** Makes an appended entry findable; returns −1, or the entry that has the same id and came first. */
  link(entry: number): number {
    const slots = this.#slots
    const ids = this.#ids
    const at = entry * idWords
    const first = ids[at] ?? 0
    for (let slot = firstSlot(first, slots.length); ; slot = slot + 1 === slots.length ? 0 : slot + 1) {
      let value = slots[slot] ?? 0
      if (value === 0) value = Atomics.compareExchange(slots, slot, 0, entry + 1)
      if (value === 0) return -1
      const other = (value - 1) * idWords
      if (ids[other] === first && sameEntries(ids, other, at)) return value - 1
    }
  }

  #hasRoom(entries: number): boolean {
    return entries <= this.capacity && entries <= this.#slots.length * fullestSlots
  }

  /** The same with room for so many more entries. This one must not be used any more, nor may another thread use it. */
  grown(entries: number): IdTable {
    const wanted = this.size + entries
    const { ids, capacity } = this.shared
    const enough = wanted <= capacity
    const table = new IdTable({
      capacity: enough ? capacity : Math.ceil(wanted * 1.5),
      slots: createSlots(Math.ceil(wanted * 1.5)),
      ids: enough ? ids : new SharedArrayBuffer(Math.ceil(wanted * 1.5) * idWords * 4),
      counter: this.shared.counter,
    })
    if (!enough) table.#ids.set(this.#ids.subarray(0, this.size * idWords))
    for (let entry = 0; entry < table.size; entry++) table.link(entry)
    return table
  }
}

/** Spreads the first word of an id over any number of slots. */
function firstSlot(word: number, slots: number): number {
  return ((word >>> 0) * (slots / 2 ** 32)) | 0
}

function sameId(ids: Int32Array, at: number, id: Int32Array): boolean {
  for (let i = 0; i < idWords; i++) if (ids[at + i] !== id[i]) return false
  return true
}

function sameEntries(ids: Int32Array, at: number, other: number): boolean {
  for (let i = 0; i < idWords; i++) if (ids[at + i] !== ids[other + i]) return false
  return true
}

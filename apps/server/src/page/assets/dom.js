/**
 * Elements from data, and the least change that makes a page equal to them. Text becomes text nodes only: nothing here can
 * turn a name into markup, and the page's policy forbids what could.
 *
 * @typedef {string | number | Node | null | undefined | false | readonly Child[]} Child
 * @typedef {Readonly<Record<string, string | number | boolean | null | undefined>>} Attributes
 */

/**
 * An element. Attributes that are false or absent are left out, true ones are empty. `key` tells apart siblings that may
 * change places.
 *
 * @param {string} name "p", or with classes "p.dim.small"
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function h(name, attributes = {}, ...children) {
  const [tag = 'div', ...classes] = name.split('.')
  const element = document.createElement(tag)
  if (classes.length > 0) element.className = classes.join(' ')
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    const text = value === true ? '' : String(value)
    if (attribute === 'key') element.dataset['key'] = text
    else if (attribute === 'class') element.className = `${element.className} ${text}`.trim()
    else element.setAttribute(attribute, text)
  }
  append(element, children)
  return element
}

/** @param {Node} parent @param {readonly Child[]} children */
function append(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false || child === '') continue
    if (child instanceof Node) parent.appendChild(child)
    else if (typeof child === 'object') append(parent, child)
    else parent.appendChild(document.createTextNode(String(child)))
  }
}

/**
 * Makes the children of an element equal to these. What is equal already stays the very same node, with its focus, its
 * selection and what was typed into it.
 *
 * @param {Element} target
 * @param {...Child} children
 */
export function show(target, ...children) {
  const focused = document.activeElement
  const fresh = document.createDocumentFragment()
  append(fresh, children)
  patchChildren(target, fresh)
  if (focused instanceof HTMLElement && focused !== document.activeElement && focused.isConnected) {
    focused.focus({ preventScroll: true })
  }
}

/**
 * A part of the page that is large: made again only when something that it is made of has changed.
 *
 * @template Shown
 * @param {string} id of the element that it makes, which has the same key
 * @param {(shown: Shown) => HTMLElement} make
 * @param {(shown: Shown) => readonly unknown[]} madeOf
 * @returns {(shown: Shown) => HTMLElement}
 */
export function memo(id, make, madeOf) {
  /** @type {readonly unknown[]} */
  let before = []
  return (shown) => {
    const inputs = madeOf(shown)
    const present = document.getElementById(id)
    if (present !== null && inputs.every((input, index) => input === before[index])) {
      return h(present.localName, { key: id, [unchanged]: true })
    }
    before = inputs
    return make(shown)
  }
}

/** Stands on an element instead of its content: leave what is there. */
const unchanged = 'data-unchanged'

/** @param {Node} parent @param {Node} fresh */
function patchChildren(parent, fresh) {
  const keyed = new Map([...parent.childNodes].flatMap((node) => (keyOf(node) === '' ? [] : [[keyOf(node), node]])))
  /** @type {ChildNode | null} */
  let cursor = parent.firstChild
  for (const child of [...fresh.childNodes]) {
    const match = keyOf(child) === '' ? cursor : keyed.get(keyOf(child))
    if (match === undefined || match === null || !isAlike(match, child)) {
      parent.insertBefore(child, cursor)
      continue
    }
    if (match === cursor) cursor = cursor.nextSibling
    else parent.insertBefore(match, cursor)
    patch(match, child)
  }
  while (cursor !== null) {
    const next = cursor.nextSibling
    cursor.remove()
    cursor = next
  }
}

/** @param {Node} node @param {Node} fresh */
function patch(node, fresh) {
  if (!(node instanceof Element) || !(fresh instanceof Element)) {
    if (node.nodeValue !== fresh.nodeValue) node.nodeValue = fresh.nodeValue
    return
  }
  if (fresh.hasAttribute(unchanged)) return
  for (const { name } of [...node.attributes]) {
    // Whether details are open is for the reader to say, once they are there.
    if (!fresh.hasAttribute(name) && !(name === 'open' && node.nodeName === 'DETAILS')) node.removeAttribute(name)
  }
  for (const { name, value } of fresh.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value)
  patchChildren(node, fresh)
  if (node instanceof HTMLSelectElement) node.value = node.dataset['value'] ?? node.value
}

/** @param {Node} a @param {Node} b */
function isAlike(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b)
}

/** @param {Node} node */
function keyOf(node) {
  return node instanceof HTMLElement ? (node.dataset['key'] ?? '') : ''
}

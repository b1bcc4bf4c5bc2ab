// Answers from shapes: JSON in which "{name}" stands for a value, "{name#}" for a number.
//
// A shape is compiled once into a function that joins its constant parts with the values of a request, escaped: what
// fast-json-stringify does for a schema, without looking at each property again.
//
// SPDX-License-Identifier: Apache-2.0
'use strict'

const HOLE = /\{(\w+)(#?)\}/g
const UNSAFE = /["\\\u0000-\u001f]/

/** The text within the quotes of a JSON string. */
function escape (text) {
  return UNSAFE.test(text) ? JSON.stringify(text).slice(1, -1) : text
}

/** A function from values to JSON text. */
function compile (shape) {
  const text = JSON.stringify(shape)
  const parts = []
  let end = 0
  for (const found of text.matchAll(HOLE)) {
    const isNumber = found[2] === '#' // the quotes around it go too
    parts.push(JSON.stringify(text.slice(end, found.index - (isNumber ? 1 : 0))))
    parts.push(isNumber ? `v.${found[1]}` : `escape(v.${found[1]})`)
    end = found.index + found[0].length + (isNumber ? 1 : 0)
  }
  parts.push(JSON.stringify(text.slice(end)))
  return new Function('escape', `return v => ${parts.join(' + ')}`)(escape)
}

/** A function from values to bytes: a message that was packed once, with texts of the same length put in their places. */
function compilePacked ({ hex, holes }) {
  const template = Buffer.from(hex, 'hex')
  return v => {
    const bytes = Buffer.from(template)
    for (const [offset, name] of holes) bytes.latin1Write(v[name], offset)
    return bytes
  }
}

module.exports = { compile, compilePacked }

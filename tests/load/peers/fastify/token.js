// Bearer tokens: JWS in compact form, ES256, checked once and then remembered until they end, as Aftercare's gateway does.
//
// SPDX-License-Identifier: Apache-2.0
'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')

const REMEMBERED_MAX = 4096
const LEEWAY_S = 60

function decode (part) {
  return JSON.parse(Buffer.from(part, 'base64url'))
}

class TokenChecker {
  constructor (jwksFile) {
    const { keys } = JSON.parse(fs.readFileSync(jwksFile))
    this.keys = new Map(keys.map(jwk => [jwk.kid, crypto.createPublicKey({ key: jwk, format: 'jwk' })]))
    this.remembered = new Map()
  }

  /** The claims of a valid token, null otherwise. */
  check (header) {
    if (!header?.startsWith('Bearer ')) return null
    const token = header.slice(7)
    let claims = this.remembered.get(token)
    if (claims === undefined) {
      claims = this.verify(token)
      if (claims === null) return null
      if (this.remembered.size >= REMEMBERED_MAX) this.remembered.delete(this.remembered.keys().next().value)
      this.remembered.set(token, claims)
    }
    return claims.exp + LEEWAY_S > Date.now() / 1000 ? claims : null
  }

  verify (token) {
    try {
      const [head, body, signature] = token.split('.')
      const { alg, kid } = decode(head)
      const key = this.keys.get(kid)
      if (alg !== 'ES256' || key === undefined) return null
      const isRight = crypto.verify('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'))
      const claims = decode(body)
      const isOurs = claims.iss === 'aftercare' && [].concat(claims.aud).includes('aftercare')
      return isRight && isOurs && typeof claims.sub === 'string' && typeof claims.exp === 'number' ? claims : null
    } catch {
      return null
    }
  }
}

module.exports = { TokenChecker }

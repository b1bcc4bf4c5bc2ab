// What a team would write by hand for the units of the benchmark: two layers of cover from the day of delivery, in dates and words.
//
// SPDX-License-Identifier: Apache-2.0
'use strict'

const crypto = require('node:crypto')

const DAY_MS = 86400000
const COMPANY_MONTHS = 12
const LAW_MONTHS = 24
const ENGLISH = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const GERMAN = ['Januar', 'Februar', 'März', 'April', 'Mai', 'Juni', 'Juli', 'August', 'September', 'Oktober', 'November', 'Dezember']
const BERLIN = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin' })

let berlinHour = 0
let berlinDay = ''

/** The civil day where the units were sold; zones change on the hour. */
function today (nowMs) {
  const hour = Math.floor(nowMs / 3600000)
  if (hour !== berlinHour) {
    berlinHour = hour
    berlinDay = BERLIN.format(nowMs)
  }
  return berlinDay
}

/** "2027-02-28" for "2026-02-28" and 12; a day that the month does not have becomes its last one. */
function addMonths (date, months) {
  const year = +date.slice(0, 4) + Math.floor((+date.slice(5, 7) - 1 + months) / 12)
  const month = (+date.slice(5, 7) - 1 + months) % 12
  const day = Math.min(+date.slice(8), new Date(Date.UTC(year, month + 1, 0)).getUTCDate())
  return `${year}-${String(month + 1).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}

function daysBetween (from, to) {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS
}

/** UUID version 7. */
function makeId (nowMs) {
  const bytes = crypto.randomBytes(16)
  bytes.writeUIntBE(nowMs, 0, 6)
  bytes[6] = 0x70 | (bytes[6] & 0x0f)
  bytes[8] = 0x80 | (bytes[8] & 0x3f)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** "2026-01-02T03:04:05Z" for PostgreSQL's "2026-01-02 03:04:05+00". */
function instant (text) {
  return `${text.slice(0, 10)}T${text.slice(11, -3)}Z`
}

/** What the answers about a unit are made of. Throws where the rules above say nothing. */
function decide (row, nowMs) {
  const start = row.start
  const companyLast = addMonths(start, COMPANY_MONTHS)
  const day = today(nowMs)
  if (day > companyLast) throw new Error(`unit ${row.serial} is not one of the benchmark's`)
  const now = new Date(nowMs).toISOString()
  const dayOfMonth = +companyLast.slice(8)
  const month = +companyLast.slice(5, 7) - 1
  const year = companyLast.slice(0, 4)
  const values = {
    ...row,
    record_time: instant(row.record_time),
    today: day,
    now,
    company_last: companyLast,
    company_last_de: `${dayOfMonth}. ${GERMAN[month]} ${year}`,
    company_last_en: `${ENGLISH[month]} ${dayOfMonth}, ${year}`,
    law_last: addMonths(start, LAW_MONTHS),
    remaining: daysBetween(day, companyLast),
    decision_id: makeId(nowMs)
  }
  values.digest = crypto.createHash('sha256').update(row.serial).update(row.sku).update(start).update(day).digest('base64')
  return values
}

module.exports = { decide, instant, makeId }

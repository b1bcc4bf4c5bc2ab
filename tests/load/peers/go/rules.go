// What a team would write by hand for the units of the benchmark: two layers of cover from the day of delivery, in dates and words.
//
// SPDX-License-Identifier: Apache-2.0
package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strconv"
	"time"
)

const (
	dateForm      = "2006-01-02"
	timeForm      = "2006-01-02T15:04:05.000Z"
	secondForm    = "2006-01-02T15:04:05Z"
	companyMonths = 12
	lawMonths     = 24
)

// What a shape may name.
const (
	vSerial = iota
	vSku
	vOwnerID
	vRegion
	vChannel
	vCustomerClass
	vCondition
	vPriceMinor
	vPriceCurrency
	vVersion
	vCategory
	vFactID
	vStart
	vRecordTime
	vLawLast
	vToday
	vNow
	vNowSecond
	vCompanyLast
	vCompanyLastDe
	vCompanyLastEn
	vRemaining
	vDecisionID
	vDigest
	vClaimID
	vCause
	vDescription
	vContactName
	vContactEmail
	vContactLanguage
	valueCount
)

var valuePlaces = map[string]int{
	"serial": vSerial, "sku": vSku, "owner_id": vOwnerID, "region": vRegion, "channel": vChannel, "customer_class": vCustomerClass,
	"condition": vCondition, "price_minor": vPriceMinor, "price_currency": vPriceCurrency, "version": vVersion, "category": vCategory,
	"fact_id": vFactID, "start": vStart, "record_time": vRecordTime, "law_last": vLawLast, "today": vToday, "now": vNow,
	"now_second": vNowSecond, "company_last": vCompanyLast, "company_last_de": vCompanyLastDe, "company_last_en": vCompanyLastEn,
	"remaining": vRemaining, "decision_id": vDecisionID, "digest": vDigest, "claim_id": vClaimID, "cause": vCause,
	"description": vDescription, "contact_name": vContactName, "contact_email": vContactEmail, "contact_language": vContactLanguage,
}

var (
	errNotOurs = errors.New("the unit is not one of the benchmark's")
	german     = [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
		"Dezember"}
	berlin = mustZone("Europe/Berlin")
)

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// addMonths keeps the day; one that the month does not have becomes its last one.
func addMonths(day time.Time, months int) time.Time {
	moved := time.Date(day.Year(), day.Month()+time.Month(months), day.Day(), 0, 0, 0, 0, time.UTC)
	if moved.Day() != day.Day() {
		moved = moved.AddDate(0, 0, -moved.Day())
	}
	return moved
}

// uuid of version 7, by bytes and as text.
func makeID(now time.Time) ([16]byte, string) {
	var id [16]byte
	_, _ = rand.Read(id[:])
	ms := now.UnixMilli()
	for i := 5; i >= 0; i-- {
		id[i] = byte(ms)
		ms >>= 8
	}
	id[6] = 0x70 | id[6]&0x0f
	id[8] = 0x80 | id[8]&0x3f
	var text [36]byte
	hex.Encode(text[:], id[:4])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	hex.Encode(text[9:], id[4:6])
	hex.Encode(text[14:], id[6:8])
	hex.Encode(text[19:], id[8:10])
	hex.Encode(text[24:], id[10:])
	return id, string(text[:])
}

// instant makes "2026-01-02T03:04:05Z" of PostgreSQL's "2026-01-02 03:04:05+00".
func instant(text string) string {
	return text[:10] + "T" + text[11:len(text)-3] + "Z"
}

// decide fills in what the answers about a unit are made of.
func decide(v *values, now time.Time) (decisionID [16]byte, err error) {
	start, err := time.Parse(dateForm, v[vStart])
	if err != nil {
		return decisionID, err
	}
	last := addMonths(start, companyMonths)
	year, month, day := now.In(berlin).Date()
	today := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if today.After(last) {
		return decisionID, errNotOurs
	}
	v[vToday] = today.Format(dateForm)
	v[vNow] = now.UTC().Format(timeForm)
	v[vNowSecond] = now.UTC().Format(secondForm)
	v[vCompanyLast] = last.Format(dateForm)
	v[vCompanyLastDe] = strconv.Itoa(last.Day()) + ". " + german[last.Month()-1] + " " + strconv.Itoa(last.Year())
	v[vCompanyLastEn] = last.Format("January 2, 2006")
	v[vLawLast] = addMonths(start, lawMonths).Format(dateForm)
	v[vRemaining] = strconv.Itoa(int(last.Sub(today) / (24 * time.Hour)))
	decisionID, v[vDecisionID] = makeID(now)
	digest := sha256.Sum256([]byte(v[vSerial] + v[vSku] + v[vStart] + v[vToday]))
	v[vDigest] = base64.StdEncoding.EncodeToString(digest[:])
	return decisionID, nil
}

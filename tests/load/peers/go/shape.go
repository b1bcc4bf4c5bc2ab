// Answers from shapes: JSON in which "{name}" stands for a value, "{name#}" for a number.
//
// A shape is compiled once into constant parts and the values between them, which are escaped: what generated encoders do, without
// reflection and without a map.
//
// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// values are texts by their place in valueNames.
type values [valueCount]string

type part struct {
	constant string
	value    int // behind the constant; -1: none
	isNumber bool
}

type shape []part

var hole = regexp.MustCompile(`\{(\w+)(#?)\}`)

func compile(text json.RawMessage) (shape, error) {
	var made shape
	end := 0
	for _, found := range hole.FindAllSubmatchIndex(text, -1) {
		name := string(text[found[2]:found[3]])
		place, isKnown := valuePlaces[name]
		if !isKnown {
			return nil, fmt.Errorf("there is no value %q", name)
		}
		isNumber := found[5] > found[4] // the quotes around it go too
		quote := 0
		if isNumber {
			quote = 1
		}
		made = append(made, part{string(text[end : found[0]-quote]), place, isNumber})
		end = found[1] + quote
	}
	return append(made, part{string(text[end:]), -1, false}), nil
}

// appendTo writes the answer behind what is in out.
func (s shape) appendTo(out []byte, v *values) []byte {
	for i := range s {
		out = append(out, s[i].constant...)
		if s[i].value >= 0 && s[i].isNumber {
			out = append(out, v[s[i].value]...)
		} else if s[i].value >= 0 {
			out = appendEscaped(out, v[s[i].value])
		}
	}
	return out
}

func appendEscaped(out []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < 0x20 || c == '"' || c == '\\' {
			var quoted strings.Builder
			encoder := json.NewEncoder(&quoted)
			encoder.SetEscapeHTML(false)
			_ = encoder.Encode(text)
			return append(out, strings.TrimSuffix(quoted.String(), "\n")[1:quoted.Len()-2]...)
		}
	}
	return append(out, text...)
}

// packed is a message that was packed once; texts of the same length are put in their places.
type packed struct {
	bytes []byte
	holes []packedHole
}

type packedHole struct {
	offset int
	value  int
}

func (p *packed) UnmarshalJSON(text []byte) error {
	var read struct {
		Hex   string
		Holes [][2]json.RawMessage
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	bytes, err := hex.DecodeString(read.Hex)
	if err != nil {
		return err
	}
	p.bytes = bytes
	for _, pair := range read.Holes {
		var offset int
		var name string
		if err := json.Unmarshal(pair[0], &offset); err != nil {
			return err
		}
		if err := json.Unmarshal(pair[1], &name); err != nil {
			return err
		}
		p.holes = append(p.holes, packedHole{offset, valuePlaces[name]})
	}
	return nil
}

func (p *packed) fill(v *values) []byte {
	bytes := append([]byte(nil), p.bytes...)
	for _, hole := range p.holes {
		copy(bytes[hole.offset:], v[hole.value])
	}
	return bytes
}

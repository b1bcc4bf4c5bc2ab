// Bearer tokens: JWS in compact form, ES256, checked once and then remembered until they end, as Aftercare's gateway does.
//
// SPDX-License-Identifier: Apache-2.0
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	rememberedMax = 4096
	leewayS       = 60
	signatureSize = 64
)

type claims struct {
	Issuer   string   `json:"iss"`
	Audience string   `json:"aud"`
	Subject  string   `json:"sub"`
	Roles    []string `json:"roles"`
	Expires  int64    `json:"exp"`
}

type tokenChecker struct {
	keys       map[string]*ecdsa.PublicKey
	mutex      sync.RWMutex
	remembered map[string]*claims
}

func newTokenChecker(path string) (*tokenChecker, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []struct{ Kid, X, Y string }
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, err
	}
	checker := &tokenChecker{keys: map[string]*ecdsa.PublicKey{}, remembered: map[string]*claims{}}
	for _, jwk := range set.Keys {
		checker.keys[jwk.Kid] = &ecdsa.PublicKey{Curve: elliptic.P256(), X: number(jwk.X), Y: number(jwk.Y)}
	}
	return checker, nil
}

func number(text string) *big.Int {
	bytes, _ := base64.RawURLEncoding.DecodeString(text)
	return new(big.Int).SetBytes(bytes)
}

// check answers the claims of a valid token, nil otherwise.
func (t *tokenChecker) check(header string) *claims {
	if !strings.HasPrefix(header, "Bearer ") {
		return nil
	}
	token := header[len("Bearer "):]
	t.mutex.RLock()
	found := t.remembered[token]
	t.mutex.RUnlock()
	if found == nil {
		if found = t.verify(token); found == nil {
			return nil
		}
		t.remember(token, found)
	}
	if found.Expires+leewayS <= time.Now().Unix() {
		return nil
	}
	return found
}

func (t *tokenChecker) remember(token string, found *claims) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for old := range t.remembered {
		if len(t.remembered) < rememberedMax {
			break
		}
		delete(t.remembered, old)
	}
	t.remembered[token] = found
}

func decode(part string, result interface{}) bool {
	text, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(text, result) == nil
}

func (t *tokenChecker) verify(token string) *claims {
	parts := strings.Split(token, ".")
	var head struct{ Alg, Kid string }
	found := new(claims)
	if len(parts) != 3 || !decode(parts[0], &head) || !decode(parts[1], found) {
		return nil
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	key := t.keys[head.Kid]
	if err != nil || len(signature) != signatureSize || key == nil || head.Alg != "ES256" {
		return nil
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(key, digest[:], r, s) || found.Issuer != "aftercare" || found.Audience != "aftercare" || found.Subject == "" {
		return nil
	}
	return found
}

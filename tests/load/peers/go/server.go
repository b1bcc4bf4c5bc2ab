// A peer of the benchmark: coverage, claims and lists as a team would build them with net/http and pgx, one process.
//
//	server CONFIG.json     see tests/load/peers.py, which writes it
//
// What makes it fast: every statement is prepared, a read is one statement, values are read in binary, answers are written by compiled
// shapes into buffers that are kept, tokens are remembered, nothing is logged.
//
// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
)

const (
	bodyMax     = 128 << 10
	pageSize    = 50
	pageSizeMax = 500
)

type config struct {
	Port            int
	Connections     int
	Jwks            string
	InstallationKey string `json:"installation_key"`
	DatabaseText    string `json:"database_text"`
	DecideBy        string `json:"decide_by"`
	Statements      map[string]string
	Coverage        json.RawMessage
	Claim           json.RawMessage
	Unit            json.RawMessage
	Record          packed
	Event           packed
	Response        packed
}

type server struct {
	config
	coverage, claim, unit shape
	tokens                *tokenChecker
	secret                []byte
	pool                  *pgxpool.Pool
	buffers               sync.Pool
}

var (
	staff   = map[string]bool{"agent": true, "manager": true, "administrator": true, "integration": true}
	causes  = map[string]bool{"material_defect": true, "workmanship_defect": true}
	keyForm = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,255}$`)
)

type refusal struct {
	status int
	reason string
}

func (r *refusal) Error() string { return r.reason }

// ---- who calls ----

// authorise answers the caller's subject, and whether they may see only their own.
func (s *server) authorise(request *http.Request) (subject string, isOwn bool, err error) {
	found := s.tokens.check(request.Header.Get("Authorization"))
	if found == nil {
		return "", false, &refusal{http.StatusUnauthorized, "TOKEN_INVALID"}
	}
	for _, role := range found.Roles {
		if staff[role] {
			return found.Subject, false, nil
		}
	}
	return found.Subject, true, nil
}

func (s *server) pseudonym(subject string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte("subject\x00" + subject))
	return "p-" + hex.EncodeToString(mac.Sum(nil)[:16])
}

func (s *server) openUnit(request *http.Request, serial string) (*unit, string, error) {
	subject, isOwn, err := s.authorise(request)
	if err != nil {
		return nil, "", err
	}
	found, err := s.readUnit(request.Context(), serial)
	if errors.Is(err, pgx.ErrNoRows) || (err == nil && isOwn && found.values[vOwnerID] != subject) {
		return nil, "", &refusal{http.StatusNotFound, "UNIT_MISSING"}
	}
	return found, subject, err
}

// ---- routes ----

func (s *server) getCoverage(request *http.Request, serial string, out []byte) ([]byte, error) {
	found, _, err := s.openUnit(request, serial)
	if err != nil {
		return nil, err
	}
	if _, err = decide(&found.values, time.Now()); err != nil {
		return nil, err
	}
	return s.coverage.appendTo(out, &found.values), nil
}

func (s *server) getUnits(request *http.Request, out []byte) ([]byte, error) {
	if _, isOwn, err := s.authorise(request); err != nil || isOwn {
		return nil, &refusal{http.StatusForbidden, "ROLE_MISSING"}
	}
	query := request.URL.Query()
	size := pageSize
	for name := range query {
		if name != "page_size" && name != "page_token" {
			return nil, &refusal{http.StatusBadRequest, "PARAMETER_UNKNOWN"}
		}
	}
	if text := query.Get("page_size"); text != "" {
		asked, err := strconv.Atoi(text)
		if err != nil || asked < 1 || asked > pageSizeMax {
			return nil, &refusal{http.StatusBadRequest, "PARAMETER_MALFORMED"}
		}
		size = asked
	}
	after, err := base64.RawURLEncoding.DecodeString(query.Get("page_token"))
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "PAGE_TOKEN_MALFORMED"}
	}
	return s.listUnits(request.Context(), out, strings.TrimSuffix(string(after), "\x00"), size)
}

type claimRequest struct {
	Serial      string `json:"serial"`
	Cause       string `json:"cause"`
	Description string `json:"description"`
	Contact     *struct {
		Name     string `json:"name"`
		Email    string `json:"email"`
		Language string `json:"language"`
	} `json:"contact"`
}

func isText(text string, max int) bool {
	return len(text) > 0 && len(text) <= max
}

func readClaim(request *http.Request) (*claimRequest, []byte, error) {
	body, err := io.ReadAll(io.LimitReader(request.Body, bodyMax))
	if err != nil {
		return nil, nil, err
	}
	asked := new(claimRequest)
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if decoder.Decode(asked) != nil || decoder.More() || asked.Contact == nil || !isText(asked.Serial, 64) || !causes[asked.Cause] ||
		!isText(asked.Description, 4000) || !isText(asked.Contact.Name, 200) || !isText(asked.Contact.Email, 254) ||
		!isText(asked.Contact.Language, 35) {
		return nil, nil, &refusal{http.StatusBadRequest, "BODY_MALFORMED"}
	}
	return asked, body, nil
}

func (s *server) postClaim(request *http.Request, header http.Header, out []byte) ([]byte, error) {
	key := request.Header.Get("Idempotency-Key")
	if !keyForm.MatchString(key) {
		return nil, &refusal{http.StatusBadRequest, "IDEMPOTENCY_KEY_MALFORMED"}
	}
	asked, body, err := readClaim(request)
	if err != nil {
		return nil, err
	}
	found, subject, err := s.openUnit(request, asked.Serial)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	v := &found.values
	decisionID, err := decide(v, now)
	if err != nil {
		return nil, err
	}
	claimID, claimText := makeID(now)
	v[vClaimID], v[vCause], v[vDescription] = claimText, asked.Cause, asked.Description
	v[vContactName], v[vContactEmail], v[vContactLanguage] = asked.Contact.Name, asked.Contact.Email, asked.Contact.Language
	if err := s.writeClaim(request.Context(), found, subject, key, body, claimID, decisionID, now); err != nil {
		return nil, err
	}
	header.Set("Location", "/v1/claims/"+claimText)
	header.Set("Etag", `"1"`)
	return s.claim.appendTo(out, v), nil
}

func (s *server) writeClaim(ctx context.Context, found *unit, subject, key string, body []byte, claimID, decisionID [16]byte,
	now time.Time) error {
	v := &found.values
	fingerprint := sha256.Sum256(append([]byte("CreateClaim"), body...))
	eventID, _ := makeID(now)
	timerID, _ := makeID(now)
	var trace [16]byte
	_, _ = rand.Read(trace[:])
	var locked, changed int32
	err := s.pool.QueryRow(ctx, "create_claim", s.pseudonym(subject), key, fingerprint[:], s.Response.fill(v), now, eventID,
		s.pseudonym(v[vOwnerID]), hex.EncodeToString(trace[:]), s.Event.fill(v), v[vSerial], found.version, found.claimCount, claimID,
		v[vToday], decisionID, s.DecideBy, v[vCause], v[vDescription], v[vContactName], v[vContactEmail], v[vContactLanguage],
		v[vOwnerID], s.Record.fill(v), timerID).Scan(&locked, &changed)
	switch {
	case err != nil:
		return err
	case locked == 0:
		return &refusal{http.StatusConflict, "LOST_RACE"}
	case changed == 0:
		return &refusal{http.StatusConflict, "KEY_USED"}
	}
	return nil
}

// ---- HTTP ----

func (s *server) route(request *http.Request, header http.Header, out []byte) (int, []byte, error) {
	const units, coverage = "/v1/units/", "/coverage"
	path := request.URL.Path
	switch {
	case request.Method == http.MethodGet && path == "/v1/units":
		body, err := s.getUnits(request, out)
		return http.StatusOK, body, err
	case request.Method == http.MethodGet && strings.HasPrefix(path, units) && strings.HasSuffix(path, coverage):
		body, err := s.getCoverage(request, path[len(units):len(path)-len(coverage)], out)
		return http.StatusOK, body, err
	case request.Method == http.MethodPost && path == "/v1/claims":
		body, err := s.postClaim(request, header, out)
		return http.StatusCreated, body, err
	}
	return 0, nil, &refusal{http.StatusNotFound, "PATH_UNKNOWN"}
}

func (s *server) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	buffer := s.buffers.Get().(*[]byte)
	header := writer.Header()
	status, body, err := s.route(request, header, (*buffer)[:0])
	if err != nil {
		refused := &refusal{http.StatusInternalServerError, err.Error()}
		errors.As(err, &refused)
		http.Error(writer, refused.reason, refused.status)
		return
	}
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	writer.WriteHeader(status)
	_, _ = writer.Write(body)
	*buffer = body
	s.buffers.Put(buffer)
}

func open(path string) (*server, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &server{buffers: sync.Pool{New: func() interface{} { return new([]byte) }}}
	if err = json.Unmarshal(text, &s.config); err != nil {
		return nil, err
	}
	for _, pair := range []struct {
		text json.RawMessage
		made *shape
	}{{s.Coverage, &s.coverage}, {s.Claim, &s.claim}, {s.Unit, &s.unit}} {
		if *pair.made, err = compile(pair.text); err != nil {
			return nil, err
		}
	}
	if s.tokens, err = newTokenChecker(s.Jwks); err != nil {
		return nil, err
	}
	if text, err = os.ReadFile(s.InstallationKey); err != nil {
		return nil, err
	}
	if s.secret, err = hex.DecodeString(strings.TrimSpace(string(text))); err != nil {
		return nil, err
	}
	s.pool, err = openPool(context.Background(), &s.config)
	return s, err
}

func main() {
	s, err := open(os.Args[1])
	if err == nil {
		fmt.Println("ready")
		err = http.ListenAndServe("127.0.0.1:"+strconv.Itoa(s.Port), s)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// All that asks the database: three statements, prepared on every connection.
//
// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"encoding/base64"
	"strconv"

	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
)

type unit struct {
	values     values
	version    int64
	claimCount int32
}

func openPool(ctx context.Context, conf *config) (*pgxpool.Pool, error) {
	options, err := pgxpool.ParseConfig(conf.DatabaseText)
	if err != nil {
		return nil, err
	}
	options.MaxConns = int32(conf.Connections)
	options.MinConns = int32(conf.Connections)
	options.ConnConfig.RuntimeParams["search_path"] = "warranty"
	options.AfterConnect = func(ctx context.Context, connection *pgx.Conn) error {
		for name, text := range conf.Statements {
			if _, err := connection.Prepare(ctx, name, text); err != nil {
				return err
			}
		}
		return nil
	}
	return pgxpool.ConnectConfig(ctx, options)
}

// readUnit answers pgx.ErrNoRows where there is none.
func (s *server) readUnit(ctx context.Context, serial string) (*unit, error) {
	found := new(unit)
	v := &found.values
	var minor int64
	err := s.pool.QueryRow(ctx, "read_unit", serial).Scan(&v[vSerial], &v[vSku], &v[vOwnerID], &v[vRegion], &v[vChannel],
		&v[vCustomerClass], &v[vCondition], &minor, &v[vPriceCurrency], &found.version, &found.claimCount, &v[vCategory], &v[vFactID],
		&v[vStart], &v[vRecordTime])
	if err != nil {
		return nil, err
	}
	v[vPriceMinor] = strconv.FormatInt(minor, 10)
	v[vRecordTime] = instant(v[vRecordTime])
	return found, nil
}

// listUnits writes a page behind what is in out.
func (s *server) listUnits(ctx context.Context, out []byte, after string, size int) ([]byte, error) {
	rows, err := s.pool.Query(ctx, "list_units", after, int64(size)+1)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var v values
	var minor, version int64
	count, last := 0, ""
	out = append(out, `{"units":[`...)
	for rows.Next() && count < size {
		if err := rows.Scan(&v[vSerial], &v[vSku], &v[vOwnerID], &v[vRegion], &v[vChannel], &v[vCustomerClass], &v[vCondition],
			&minor, &v[vPriceCurrency], &version, &v[vStart], &v[vLawLast], &v[vRecordTime]); err != nil {
			return nil, err
		}
		v[vPriceMinor], v[vVersion] = strconv.FormatInt(minor, 10), strconv.FormatInt(version, 10)
		v[vRecordTime] = instant(v[vRecordTime])
		if count > 0 {
			out = append(out, ',')
		}
		out = s.unit.appendTo(out, &v)
		last = v[vSerial]
		count++
	}
	token := ""
	if rows.Next() || count == size {
		token = base64.RawURLEncoding.EncodeToString([]byte(last + "\x00"))
	}
	out = append(append(append(out, `],"next_page_token":"`...), token...), `"}`...)
	return out, rows.Err()
}

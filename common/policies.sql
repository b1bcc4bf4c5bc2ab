-- policies.sql: the table in which a daemon that decides keeps the versions of the policy (common/policies.h).
--
-- Not a migration: copy what follows into the change that makes the daemon's schema, with NOUN replaced by the daemon's. It stands
-- between `SET LOCAL search_path TO NOUN` and `COMMIT`. common/policies.c, the only reader and writer, finds the table by the search path.

CREATE TABLE policies (
    version_number bigint  NOT NULL,
    digest         bytea   NOT NULL,
    effective_from date    NOT NULL,
    is_revoked     boolean NOT NULL,
    canonical      bytea   NOT NULL,

    CONSTRAINT policies_pk                PRIMARY KEY (version_number),
    CONSTRAINT policies_version_number_ck CHECK (version_number >= 1),
    CONSTRAINT policies_digest_ck         CHECK (octet_length(digest) = 32),
    CONSTRAINT policies_effective_from_ck CHECK (effective_from BETWEEN '0001-01-01' AND '9999-12-31'),
    CONSTRAINT policies_canonical_ck      CHECK (octet_length(canonical) BETWEEN 1 AND 4194304)
);
COMMENT ON TABLE  policies                IS 'The versions of the policy that this daemon decides by, as the policy daemon published them.';
COMMENT ON COLUMN policies.digest         IS 'SHA-256 of the canonical form.';
COMMENT ON COLUMN policies.effective_from IS 'First day on which it is in force.';
COMMENT ON COLUMN policies.is_revoked     IS 'It was taken back before it took effect, and counts no more.';
COMMENT ON COLUMN policies.canonical      IS 'One JSON text that holds the whole version.';

GRANT SELECT, INSERT, UPDATE (is_revoked) ON policies TO NOUN_service;

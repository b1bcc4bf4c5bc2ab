-- roles: who may log in to PostgreSQL, and the limits that each of them works under.
--
--     psql -v ON_ERROR_STOP=1 -v services='events warranty' -f deploy/roles.sql DATABASE
--
-- Run by a superuser before the migrations, and again after each new service: it may be run as often as you like. Roles:
--
--   <noun>_owner        owns the schema and all in it; nobody logs in as it
--   <noun>_service      the daemon; may do what the schema's migrations grant
--   aftercare_migrate   logs in to run the migrations; a member of every owner
--   aftercare_publish   what every daemon is a member of, so that it may insert into events.outbox
--
-- No passwords are set here: a socket with peer authentication needs none, and an installation over tcp sets its own with
-- ALTER ROLE ... PASSWORD. Roles belong to the cluster, so two installations in one cluster share them.
-- Locks: nothing. Safe on a live database.

\if :{?services}
\else
    \warn 'roles.sql: say which services, as in -v services=\'events warranty\''
    \quit
\endif

SET client_min_messages = warning;

-- One role at a time, so that a run beside another one fails with "already exists" at worst.
SELECT format('CREATE ROLE %I %s', role.name, role.attributes)
  FROM (SELECT noun || '_owner' AS name, 'NOLOGIN' AS attributes FROM string_to_table(:'services', ' ') noun
        UNION ALL
        SELECT noun || '_service', 'LOGIN' FROM string_to_table(:'services', ' ') noun
        UNION ALL
        VALUES ('aftercare_migrate', 'LOGIN'), ('aftercare_publish', 'NOLOGIN')) role
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role.name)
\gexec

SELECT format('GRANT %I TO aftercare_migrate', noun || '_owner') FROM string_to_table(:'services', ' ') noun
UNION ALL
SELECT format('GRANT aftercare_publish TO %I', noun || '_service') FROM string_to_table(:'services', ' ') noun
\gexec

-- Migrations make schemas: one for the service, one for what Sqitch remembers.
SELECT format('GRANT CONNECT, CREATE ON DATABASE %I TO aftercare_migrate', current_database())
UNION ALL
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), noun || '_service')
  FROM string_to_table(:'services', ' ') noun
\gexec

-- Nobody makes anything in the schema that everybody can see. What several services' indexes are made of stands there:
-- trigrams, for looking for a part of a serial number or a name.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;

-- The daemon's connections set the same limits (and may set narrower ones); these hold for whoever logs in as the role by
-- hand. deadlock_timeout can be set by a superuser only: crossing idempotency keys of two replicas may deadlock, and a second of
-- waiting for that to be noticed is too long.
SELECT format('ALTER ROLE %I SET %s', noun || '_service', setting)
  FROM string_to_table(:'services', ' ') noun,
       unnest(ARRAY['statement_timeout = ''5s''',
                    'lock_timeout = ''500ms''',
                    'idle_in_transaction_session_timeout = ''10s''',
                    'deadlock_timeout = ''100ms''',
                    'synchronous_commit = on',
                    'jit = off']) setting
\gexec

-- A migration that cannot have its lock soon gives up and is run again, in place of queueing everybody behind it.
ALTER ROLE aftercare_migrate SET lock_timeout = '5s';
ALTER ROLE aftercare_migrate SET idle_in_transaction_session_timeout = '60s';

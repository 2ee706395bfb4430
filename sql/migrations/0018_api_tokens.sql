-- Who may call the HTTP sidecar, and what for. The secret itself is never stored.

CREATE TABLE taximeter.api_token (
    id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[0-9a-f]{16}$'),
    hash bytea NOT NULL CONSTRAINT api_token_hash_is_sha256 CHECK (octet_length(hash) = 32),
    name text COLLATE "C" NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 255),
    scopes text[] COLLATE "C" NOT NULL CONSTRAINT api_token_has_scopes CHECK (cardinality(scopes) > 0),
    account text COLLATE "C" CHECK (octet_length(account) BETWEEN 1 AND 255),
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_token_expires_after_its_making CHECK (expires_at > created_at)
);
COMMENT ON TABLE taximeter.api_token IS 'Bearer tokens of the HTTP sidecar. Rows stay when they are revoked.';
COMMENT ON COLUMN taximeter.api_token.hash IS 'SHA-256 of the secret, which has 256 random bits.';
COMMENT ON COLUMN taximeter.api_token.scopes IS 'What it may be used for; see docs/http-api.md.';
COMMENT ON COLUMN taximeter.api_token.account IS 'The external id of the only account it is good for; null for all.';

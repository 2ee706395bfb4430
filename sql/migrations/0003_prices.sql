-- Prices: books, and the immutable versions of their tariffs. Small tables, the same on every node.

CREATE TABLE taximeter.price_book (
    price_book_key serial PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE CHECK (octet_length(name) BETWEEN 1 AND 255),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    rating_instant text NOT NULL CHECK (rating_instant IN ('completed_at', 'started_at')),
    reference_model text COLLATE "C"
);
COMMENT ON TABLE taximeter.price_book IS 'A named set of tariffs in one currency.';
COMMENT ON COLUMN taximeter.price_book.rating_instant IS 'Which instant of a request decides version, schedule, hour and period.';
COMMENT ON COLUMN taximeter.price_book.reference_model IS 'The model whose list price values all usage in the theoretical amount.';

CREATE TABLE taximeter.tariff_version (
    tariff_version_key serial PRIMARY KEY,
    price_book_key integer NOT NULL REFERENCES taximeter.price_book,
    model text COLLATE "C" NOT NULL CHECK (octet_length(model) BETWEEN 1 AND 255),
    effective_from timestamptz NOT NULL,
    definition text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (price_book_key, model, effective_from)
);
COMMENT ON TABLE taximeter.tariff_version IS
    'Prices of one model from effective_from until its own end, or until the next version. Rows are added, never changed.';
COMMENT ON COLUMN taximeter.tariff_version.definition IS
    'Rates, schedules, bands, multipliers and channel rules: the price-book format as canonical JSON.';

CREATE TABLE taximeter.model_alias (
    price_book_key integer NOT NULL REFERENCES taximeter.price_book,
    alias text COLLATE "C" NOT NULL CHECK (octet_length(alias) BETWEEN 1 AND 255),
    model text COLLATE "C" NOT NULL,
    effective_from timestamptz NOT NULL,
    effective_until timestamptz,
    PRIMARY KEY (price_book_key, alias, effective_from),
    CHECK (effective_from < effective_until)
);
COMMENT ON TABLE taximeter.model_alias IS 'Other names of a model, over [effective_from, effective_until).';

-- A single row. Jobs hold it FOR SHARE while they use prices, loading prices updates it: so no transaction of a job ever
-- sees prices change, and generation tells the next one that they did.
CREATE TABLE taximeter.price_state (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    generation bigint NOT NULL DEFAULT 0,
    default_price_book_key integer REFERENCES taximeter.price_book
);
INSERT INTO taximeter.price_state DEFAULT VALUES;
COMMENT ON TABLE taximeter.price_state IS 'Counts the loads of prices, and names the book of accounts without a subscription.';

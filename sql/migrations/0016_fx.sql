-- Exchange rates, by day. What was converted at a rate must be found again at that rate, so rows are added, never changed.

CREATE TABLE taximeter.fx_rate (
    base text COLLATE "C" NOT NULL CHECK (base ~ '^[A-Z]{3}$'),
    quote text COLLATE "C" NOT NULL CHECK (quote ~ '^[A-Z]{3}$'),
    day date NOT NULL,
    rate numeric NOT NULL CHECK (rate > 0 AND rate < 'Infinity'),
    source text COLLATE "C" NOT NULL CHECK (octet_length(source) BETWEEN 1 AND 255),
    PRIMARY KEY (base, quote, day),
    CONSTRAINT fx_rate_is_of_two_currencies CHECK (base <> quote)
);
COMMENT ON TABLE taximeter.fx_rate IS 'What one unit of base cost in quote on a day. Append-only.';
COMMENT ON COLUMN taximeter.fx_rate.source IS 'Who published the rate.';

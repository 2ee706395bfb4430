-- Exchange rates, for people and programs that read.

CREATE OR REPLACE VIEW taximeter.fx_rates AS
SELECT base, quote, day, rate, source
FROM taximeter.fx_rate;
COMMENT ON VIEW taximeter.fx_rates IS 'What one unit of base cost in quote on a day, and who says so.';

-- There is exactly one price state, and it names a book once there is one.
DO $$
BEGIN
    IF 1 <> (SELECT count(*) FROM taximeter.price_state) THEN
        RAISE EXCEPTION 'price_state must have exactly one row';
    END IF;
    IF EXISTS (SELECT FROM taximeter.price_book)
        AND EXISTS (SELECT FROM taximeter.price_state WHERE default_price_book_key IS NULL)
    THEN
        RAISE EXCEPTION 'there are price books, but none of them is the default';
    END IF;
END
$$;

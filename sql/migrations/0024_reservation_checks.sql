-- Who reserves and settles in SQL is told by the name of what was broken.
ALTER TABLE taximeter.reservation
RENAME CONSTRAINT reservation_amount_check TO reservation_amount_is_zero_or_more;
ALTER TABLE taximeter.reservation
RENAME CONSTRAINT reservation_reservation_id_check TO reservation_id_has_1_to_255_bytes;

-- One block-range index over both instants instead of one over each. Such an index serves a condition on any of its columns
-- equally well, and what it costs is paid once for every event that is stored, whatever the number of its columns.
DROP INDEX taximeter.usage_event_completed_at;
DROP INDEX taximeter.usage_event_started_at;
CREATE INDEX usage_event_times ON taximeter.usage_event USING brin (completed_at, started_at);

import TestKit

extension TestDatabase {
    /// Has the first few transactions that write to a table end inside their COMMIT: the backend dies there, and the
    /// client cannot know what became of it.
    func killCommits(_ count: Int, of operation: String, on table: String) throws {
        try psql(
            """
            CREATE SEQUENCE public.commits;
            CREATE FUNCTION public.die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF nextval('public.commits') <= \(count) THEN
                    PERFORM pg_terminate_backend(pg_backend_pid());
                    PERFORM pg_sleep(10);
                END IF;
                RETURN NULL;
            END
            $$;
            CREATE CONSTRAINT TRIGGER die AFTER \(operation) ON \(table) DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION public.die();
            """)
    }

    /// How many commits there were, those that died included, if each wrote one row.
    func commits() throws -> String { try psql("SELECT last_value FROM public.commits") }
}

import PostgresWire
import Taximeter

/// The versions of a policy, in order of time.
struct ReadPolicies: Statement {
    let name: Identifier

    var sql: SQL {
        """
        SELECT name, effective_from, definition::text FROM taximeter.allocation_policy
        WHERE name = \(name.text) ORDER BY effective_from
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> AllocationPolicy {
        let definition = try row.get(2, as: String.self)
        do {
            return try AllocationPolicy(name: row.identifier(0), from: row.instant(1), definition: definition)
        } catch let error as PostgresError {
            throw error
        } catch {
            throw .badValue("an allocation policy", definition)
        }
    }
}

/// The names of all policies.
struct ReadPolicyNames: Statement {
    var sql: SQL { "SELECT DISTINCT name FROM taximeter.allocation_policy ORDER BY name" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Identifier { try row.identifier(0) }
}

/// Stores a version of a policy.
enum InsertPolicy {
    static func sql(_ policy: AllocationPolicy) -> SQL {
        """
        INSERT INTO taximeter.allocation_policy (name, effective_from, definition)
        VALUES (\(policy.name.text), \(policy.from), \(policy.definition)::jsonb)
        """
    }
}

import PostgresWire
public import Taximeter

extension Store: BatchSink {
    /// Stores a batch for a ``Courier``; see ``store(_:)``.
    ///
    /// What only the batch itself can be to blame for is refused for good. Everything else, a database that is down or not
    /// migrated yet included, is worth another attempt: a batch waits rather than being lost. The attempts are the
    /// courier's, none is made here: it pauses between them, and counts each that fails.
    public func deliver(_ batch: EventBatch) -> Delivery {
        do {
            switch try withoutRetries.store(batch) {
            case .stored: return .stored
            case .alreadyStored: return .alreadyStored
            case .conflict:
                return .refused("another batch is stored under \(batch.producer), sequence \(batch.sequence)")
            }
        } catch let error as StoreError where error.code == .batch {
            return .refused("\(error)")
        } catch let error as PostgresError where error.isAboutTheRows {
            return .refused("\(error)")
        } catch {
            return .unknown("\(error)")
        }
    }
}

extension PostgresError {
    /// Whether the server refused the values: they will be no better the next time.
    fileprivate var isAboutTheRows: Bool {
        guard let state = sqlState else { return false }
        return SQLState.dataException ~= state || SQLState.integrityConstraintViolation ~= state
    }
}

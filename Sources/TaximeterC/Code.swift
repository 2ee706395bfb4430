import CTaximeter
import Glibc
import PostgresWire
import Taximeter
import TaximeterPostgres

/// A failed call: its code and why.
struct Failure: Error {
    let code: Int32
    let reason: String

    init(_ code: Int32, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    /// What an error of the libraries is to a host.
    init(_ error: any Error) {
        switch error {
        case let error as Failure: self = error
        case let error as MeterError: self.init(Self.code(error.code), error.description)
        case let error as SpoolError: self.init(TAXIMETER_SPOOL, error.description)
        case let error as PostgresError: self.init(TAXIMETER_DATABASE, error.description)
        case let error as StoreError: self.init(TAXIMETER_DATABASE, error.description)
        default: self.init(TAXIMETER_INVALID_INPUT, "\(error)")
        }
    }

    static func invalid(_ reason: String) -> Failure { Failure(TAXIMETER_INVALID_ARGUMENT, reason) }

    private static func code(_ code: MeterError.Code) -> Int32 {
        switch code {
        case .invalidEvent: TAXIMETER_INVALID_EVENT
        case .invalidRequestID: TAXIMETER_INVALID_REQUEST_ID
        case .foreignHandle: TAXIMETER_FOREIGN_HANDLE
        case .tooManyNames: TAXIMETER_TOO_MANY_NAMES
        case .full: TAXIMETER_FULL
        case .unconfirmed: TAXIMETER_UNCONFIRMED
        case .closed: TAXIMETER_CLOSED
        default: TAXIMETER_FORKED
        }
    }
}

nonisolated(unsafe) private let codeNames = [
    "ok", "invalid_argument", "invalid_event", "invalid_request_id", "foreign_handle", "too_many_names", "full",
    "unconfirmed", "closed", "forked", "spool", "database", "invalid_input", "buffer_too_small",
].map(constant)
nonisolated(unsafe) private let unknownCode = constant("unknown")

/// See `taximeter.h`.
@c @implementation
public func taximeter_code_name(_ code: Int32) -> UnsafePointer<CChar>! {
    codeNames.indices.contains(Int(code)) ? codeNames[Int(code)] : unknownCode
}

/// Why the last call of each thread failed: a copy that ends with its thread.
private let lastErrorKey: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { free($0) }
    return key
}()

private func setLastError(_ reason: String) {
    free(pthread_getspecific(lastErrorKey))
    pthread_setspecific(lastErrorKey, strdup(reason))
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_last_error(_ buffer: UnsafeMutablePointer<CChar>!, _ size: Int) -> Int {
    guard let text = pthread_getspecific(lastErrorKey)?.assumingMemoryBound(to: CChar.self) else {
        if let buffer, size > 0 { buffer[0] = 0 }
        return 0
    }
    let length = strlen(text)
    if let buffer, size > 0 {
        let copied = min(length, size - 1)
        buffer.update(from: text, count: copied)
        buffer[copied] = 0
    }
    return length
}

/// Runs the body of a call; what it throws becomes a code, and the thread's last error.
@inline(__always)
func call(_ body: () throws -> Void) -> Int32 {
    do {
        try body()
        return TAXIMETER_OK
    } catch {
        return failed(error)
    }
}

@inline(never)
func failed(_ error: any Error) -> Int32 {
    let failure = Failure(error)
    setLastError(failure.reason)
    return failure.code
}

import ArgumentParser
import PostgresWire
import Taximeter
import TaximeterPostgres

#if Server
import TaximeterServer
#endif

/// The command's exit codes: 0 for success, 1 for what was not foreseen, ArgumentParser's 64 for a wrong command line,
/// and these, from sysexits(3) where it has one.
extension ExitCode {
    /// What was asked about does not run (as `pg_ctl status` and the LSB's init scripts have it).
    static let notRunning = ExitCode(3)
    /// Something could not be billed, and waits for somebody to look at it; everything else was.
    static let parked = ExitCode(4)
    /// The data are not what they should be.
    static let badData = ExitCode(65)
    /// Something needed is not installed, or does not start.
    static let unavailable = ExitCode(69)
    /// Something cannot be created.
    static let cannotCreate = ExitCode(73)
    /// Reading or writing failed; the disk may be full.
    static let inputOutput = ExitCode(74)
    /// It may work when tried again later.
    static let temporary = ExitCode(75)
    /// The configuration has to change first.
    static let configuration = ExitCode(78)

    /// The code for an error of ours; nil for what ArgumentParser reports itself.
    init?(for error: any Error) {
        switch error {
        case let error as ClusterError: self = Self.code(for: error)
        case let error as PostgresError: self = Self.code(for: error)
        case let error as StoreError: self = Self.code(for: error)
        #if Server
        case is SidecarError: self = .unavailable
        #endif
        case is FileErrors, is FXError, is FOCUSError: self = .badData
        case let error as FileFaults: self = error.isUnreadable ? .inputOutput : .badData
        case is InputError: self = .inputOutput
        case let error as SpoolError: self = Self.code(for: error)
        case let error as MeterError: self = Self.code(for: error)
        default: return nil
        }
    }

    private static func code(for error: StoreError) -> ExitCode {
        switch error.code {
        case .prices, .plans, .costs, .range, .account, .credits, .invoice, .fx, .token: .badData
        case .eventsGone: .unavailable
        default: .configuration
        }
    }

    private static func code(for error: PostgresError) -> ExitCode {
        if error.code == .usage { return .configuration }
        let isLate = SQLState.lockNotAvailable ~= error.sqlState || SQLState.queryCanceled ~= error.sqlState
        return error.isRetryable || isLate ? .temporary : .unavailable
    }

    private static func code(for error: SpoolError) -> ExitCode {
        switch error.code {
        case .locked, .full: .temporary
        case .otherVersion: .configuration
        case .notASpool: .badData
        default: .inputOutput
        }
    }

    private static func code(for error: MeterError) -> ExitCode {
        if let spoolError = error.spoolError { return code(for: spoolError) }
        return [.full, .unconfirmed].contains(error.code) ? .temporary : .badData
    }

    private static func code(for error: ClusterError) -> ExitCode {
        switch error.code {
        case .homeUnusable, .initialisationFailed: .cannotCreate
        case .damaged: .badData
        case .diskFull: .inputOutput
        case .busy, .startTimedOut, .stopTimedOut: .temporary
        case .otherVersion: .configuration
        default: .unavailable
        }
    }
}

import Glibc
import Testing

@testable import PostgresWire

/// Writing to a socket whose other end is closed. Without the hold, the signal ends the test process.
@Suite struct PipeSignalTests {
    @Test func aPeerThatIsGoneIsAnError() throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        close(ends[1])
        defer { close(ends[0]) }
        for _ in 0..<3 {
            let (sent, error) = PipeSignal.held { (send(ends[0], "x", 1, 0), errno) }
            #expect(sent == -1)
            #expect(error == EPIPE)
        }
    }

    @Test func otherSignalsStayAsTheyWere() {
        var before = sigset_t()
        var after = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &before)
        PipeSignal.held {}
        pthread_sigmask(SIG_BLOCK, nil, &after)
        #expect(sigismember(&before, SIGPIPE) == sigismember(&after, SIGPIPE))
        #expect(sigismember(&after, SIGTERM) == sigismember(&before, SIGTERM))
    }
}

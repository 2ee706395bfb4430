import Glibc
import Synchronization

/// Numbers for threads, one after the other, in the order in which they first ask.
enum ThreadNumber {
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        return unsafe pthread_key_create(&key, nil) == 0 ? key : .max
    }()
    private static let last = Atomic<Int>(0)

    /// The calling thread's number, from 1; 0 where the system has no place to keep one.
    static var current: Int {
        let known = unsafe Int(bitPattern: pthread_getspecific(key))
        return known != 0 ? known : next()
    }

    @inline(never)
    private static func next() -> Int {
        let number = last.wrappingAdd(1, ordering: .relaxed).newValue
        return unsafe pthread_setspecific(key, UnsafeRawPointer(bitPattern: number)) == 0 ? number : 0
    }
}

import CTaximeter
import PostgresWire
import Taximeter
import TaximeterPostgres

final class StoreObject {
    let store: Store

    init(_ url: String) { store = Store(ConnectionOptions(url)) }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_store_open(
    _ database_url: UnsafePointer<CChar>!, _ length: Int, _ store: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
    call {
        guard let store else { throw Failure.invalid("store is NULL") }
        store.pointee = Handle.give(StoreObject(try text(database_url, length, "database_url")))
    }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_store_close(_ store: OpaquePointer!) { Handle<StoreObject>.take(store)?.store.close() }

/// See `taximeter.h`.
@c @implementation
public func taximeter_balance(
    _ store: OpaquePointer!, _ account: UnsafePointer<CChar>!, _ account_length: Int,
    _ buffer: UnsafeMutablePointer<CChar>!, _ size: Int, _ needed: UnsafeMutablePointer<Int>!
) -> Int32 {
    call {
        let account = try identifier(account, account_length, "account")
        let balance = try Handle<StoreObject>.object(store).store.balance(of: account)
        var json = "null"
        if let balance {
            json = """
                {"credits":"\(balance.credits.decimalText)","unbilled":"\(balance.unbilled.decimalText)",\
                "reserved":"\(balance.reserved.decimalText)","available":"\(balance.available.decimalText)",\
                "currency":"\(balance.available.currency.code)","prepaid":\(balance.isPrepaid)}
                """
        }
        try write(Array(json.utf8), buffer, size, needed)
    }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_reserve(
    _ store: OpaquePointer!, _ account: UnsafePointer<CChar>!, _ account_length: Int, _ id: UnsafePointer<CChar>!,
    _ id_length: Int, _ amount: UnsafePointer<CChar>!, _ amount_length: Int, _ currency: UnsafePointer<CChar>!,
    _ currency_length: Int, _ milliseconds: Int64, _ buffer: UnsafeMutablePointer<CChar>!, _ size: Int,
    _ needed: UnsafeMutablePointer<Int>!
) -> Int32 {
    call {
        let answer = try Handle<StoreObject>.object(store).store.reserve(
            identifier(account, account_length, "account"), id: identifier(id, id_length, "id"),
            money(amount, amount_length, currency, currency_length), for: .milliseconds(milliseconds))
        let json =
            switch answer {
            case .reserved: #"{"answer":"reserved"}"#
            case .insufficient(let available):
                #"{"answer":"insufficient","available":"\#(available.decimalText)"}"#
            case .limitReached(let limit):
                #"{"answer":"limit_reached","available":"\#(limit.left.decimalText)"}"#
            case .conflict: #"{"answer":"conflict"}"#
            }
        try write(Array(json.utf8), buffer, size, needed)
    }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_settle(
    _ store: OpaquePointer!, _ account: UnsafePointer<CChar>!, _ account_length: Int, _ id: UnsafePointer<CChar>!,
    _ id_length: Int, _ amount: UnsafePointer<CChar>!, _ amount_length: Int, _ currency: UnsafePointer<CChar>!,
    _ currency_length: Int, _ buffer: UnsafeMutablePointer<CChar>!, _ size: Int, _ needed: UnsafeMutablePointer<Int>!
) -> Int32 {
    call {
        let answer = try Handle<StoreObject>.object(store).store.settle(
            identifier(account, account_length, "account"), id: identifier(id, id_length, "id"),
            money(amount, amount_length, currency, currency_length))
        try write(Array(#"{"answer":"\#(answer)"}"#.utf8), buffer, size, needed)
    }
}

private func money(
    _ amount: UnsafePointer<CChar>?, _ length: Int, _ code: UnsafePointer<CChar>?, _ codeLength: Int
) throws -> Money {
    let (amount, code) = try (text(amount, length, "amount"), text(code, codeLength, "currency"))
    guard let currency = Currency(code: code) else {
        throw Failure.invalid("currency is \"\(code)\"; expected an ISO 4217 code, such as USD")
    }
    do {
        return try Money(amount, currency)
    } catch {
        throw Failure.invalid("amount is \"\(amount)\": \(error)")
    }
}

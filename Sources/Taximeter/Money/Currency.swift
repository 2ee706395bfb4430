/// A currency of ISO 4217, with the number of decimals of its minor unit: JPY 0, USD and CNY 2, KWD 3, CLF 4.
///
/// Known are the codes of https://www.six-group.com/en/products-services/financial-information/data-standards.html
/// that were in use in 2025 or later and have a minor unit; metals, funds without one and test codes are left out.
public struct Currency: Sendable, Hashable, CustomStringConvertible {
    /// The three letters in the upper bytes and the number of decimals in the lowest, so that a currency is one word.
    package let packed: UInt32

    /// The US dollar.
    public static let usd = Currency(letters: "USD", minorUnitDigits: 2)
    /// The Chinese yuan.
    public static let cny = Currency(letters: "CNY", minorUnitDigits: 2)

    /// The currency of that code (three capital letters), or nil when there is none.
    public init?(code: String) {
        guard let digits = Self.minorUnitDigits[code] else { return nil }
        self.init(letters: code, minorUnitDigits: digits)
    }

    private init(letters: String, minorUnitDigits: Int) {
        packed = letters.utf8.reduce(0) { $0 << 8 | UInt32($1) } << 8 | UInt32(minorUnitDigits)
    }

    /// The three letters of the code.
    public var code: String {
        let bytes = [24, 16, 8].map { UInt8(truncatingIfNeeded: packed >> $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How many decimals the minor unit has.
    public var minorUnitDigits: Int { Int(packed & 0xFF) }

    /// The code.
    public var description: String { code }

    /// Every known code, in alphabetical order.
    public static let allCodes: [String] = minorUnitDigits.keys.sorted()

    private static let minorUnitDigits: [String: Int] = {
        let codes = [
            0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
            2: """
            AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF \
            CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD \
            HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT \
            MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR \
            SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU \
            UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
            """,
            3: "BHD IQD JOD KWD LYD OMR TND",
            4: "CLF UYW",
        ]
        var digits: [String: Int] = [:]
        for (count, list) in codes {
            for code in list.split(separator: " ") { digits[String(code)] = count }
        }
        return digits
    }()
}

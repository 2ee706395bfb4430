// Handles as numbers, for hosts that cannot hold the handles themselves.

extension AccountHandle {
    /// The number that stands for the name in its meter.
    package var number: UInt32 { UInt32(bitPattern: name.place) }
}

extension ModelHandle {
    /// The number that stands for the name in its meter.
    package var number: UInt32 { UInt32(bitPattern: name.place) }
}

extension ChannelHandle {
    /// The number that stands for the name in its meter.
    package var number: UInt32 { UInt32(bitPattern: name.place) }
}

extension ServiceTierHandle {
    /// The number that stands for the name in its meter.
    package var number: UInt32 { UInt32(bitPattern: name.place) }
}

extension Meter {
    /// The account of a number; nil when this meter has not given it.
    package func account(numbered number: UInt32) -> AccountHandle? {
        handle(number, names.accounts).map(AccountHandle.init)
    }

    /// The model of a number; nil when this meter has not given it.
    package func model(numbered number: UInt32) -> ModelHandle? {
        handle(number, names.models).map(ModelHandle.init)
    }

    /// The channel of a number; nil when this meter has not given it.
    package func channel(numbered number: UInt32) -> ChannelHandle? {
        handle(number, names.channels).map(ChannelHandle.init)
    }

    /// The service tier of a number; nil when this meter has not given it.
    package func serviceTier(numbered number: UInt32) -> ServiceTierHandle? {
        handle(number, names.serviceTiers).map(ServiceTierHandle.init)
    }

    /// How long an event may wait for the disk.
    package var durabilityDeadline: Duration { options.durabilityDeadline }

    @inline(__always)
    private func handle(_ number: UInt32, _ table: NameIntern) -> NameHandle? {
        let place = Int32(bitPattern: number)
        return table.hasName(at: place) ? NameHandle(meter: tag, place: place) : nil
    }
}

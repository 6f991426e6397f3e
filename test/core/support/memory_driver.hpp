// The drivers of MemoryBroker (memory_broker.hpp): the second implementation of the seam, beside AMQP's.
#pragma once

namespace support {

/// The scheme `memory`. Once; later calls do nothing.
void registerMemoryDriver();

}  // namespace support

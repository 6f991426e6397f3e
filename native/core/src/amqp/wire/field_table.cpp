#include "amqp/wire/field_table.hpp"

#include <cmath>
#include <cstring>

namespace matmq::amqp {
namespace {

template <typename T>
T* allocate(DecodePool& pool, std::size_t count) {
  void* memory = amqp_pool_alloc(pool.get(), std::max<std::size_t>(count, 1) * sizeof(T));
  if (memory == nullptr) throw std::bad_alloc();
  return static_cast<T*>(memory);
}

void checkDepth(int depth) {
  if (depth > maxTableDepth) {
    throw Error(ErrorCode::invalidArgument, "Expected tables nested at most " + std::to_string(maxTableDepth) +
                                                " deep but received a deeper one; a cyclic object is endlessly deep");
  }
}

amqp_table_t encodeTable(const FieldTable& table, DecodePool& pool, int depth);

amqp_field_value_t encodeValue(const FieldValue& field, DecodePool& pool, int depth) {
  struct Visitor {
    DecodePool& pool;
    int depth;
    amqp_field_value_t out{};

    void operator()(std::monostate) { out.kind = AMQP_FIELD_KIND_VOID; }
    void operator()(bool v) {
      out.kind = AMQP_FIELD_KIND_BOOLEAN;
      out.value.boolean = v ? 1 : 0;
    }
    void operator()(std::int64_t v) {
      out.kind = AMQP_FIELD_KIND_I64;
      out.value.i64 = v;
    }
    void operator()(double v) {
      out.kind = AMQP_FIELD_KIND_F64;
      out.value.f64 = v;
    }
    void operator()(const std::string& v) {
      out.kind = AMQP_FIELD_KIND_UTF8;
      out.value.bytes = bytesOf(v);
    }
    void operator()(const ByteString& v) {
      out.kind = AMQP_FIELD_KIND_BYTES;
      out.value.bytes = bytesOf(v.bytes);
    }
    void operator()(Timestamp v) {
      out.kind = AMQP_FIELD_KIND_TIMESTAMP;
      out.value.u64 = v.seconds;
    }
    void operator()(const FieldArray& v) {
      checkDepth(depth + 1);
      out.kind = AMQP_FIELD_KIND_ARRAY;
      auto* entries = allocate<amqp_field_value_t>(pool, v.size());
      for (std::size_t i = 0; i < v.size(); ++i) entries[i] = encodeValue(v[i], pool, depth + 1);
      out.value.array = {static_cast<int>(v.size()), entries};
    }
    void operator()(const FieldTable& v) {
      out.kind = AMQP_FIELD_KIND_TABLE;
      out.value.table = encodeTable(v, pool, depth + 1);
    }
  };
  Visitor visitor{pool, depth};
  std::visit(visitor, field.value);
  return visitor.out;
}

amqp_table_t encodeTable(const FieldTable& table, DecodePool& pool, int depth) {
  checkDepth(depth);
  auto* entries = allocate<amqp_table_entry_t>(pool, table.size());
  std::size_t i = 0;
  for (const auto& [name, value] : table) {
    if (name.size() > 255) {
      throw Error(
          ErrorCode::invalidArgument,
          "Expected header and argument names of at most 255 bytes but received one of " + std::to_string(name.size()));
    }
    entries[i].key = bytesOf(name);
    entries[i++].value = encodeValue(value, pool, depth);
  }
  return {static_cast<int>(table.size()), entries};
}

FieldValue decodeValue(const amqp_field_value_t& field) {
  const auto& v = field.value;
  switch (field.kind) {
    case AMQP_FIELD_KIND_BOOLEAN:
      return FieldValue(v.boolean != 0);
    case AMQP_FIELD_KIND_I8:
      return FieldValue(std::int64_t{v.i8});
    case AMQP_FIELD_KIND_U8:
      return FieldValue(std::int64_t{v.u8});
    case AMQP_FIELD_KIND_I16:
      return FieldValue(std::int64_t{v.i16});
    case AMQP_FIELD_KIND_U16:
      return FieldValue(std::int64_t{v.u16});
    case AMQP_FIELD_KIND_I32:
      return FieldValue(std::int64_t{v.i32});
    case AMQP_FIELD_KIND_U32:
      return FieldValue(std::int64_t{v.u32});
    case AMQP_FIELD_KIND_I64:
      return FieldValue(std::int64_t{v.i64});
    case AMQP_FIELD_KIND_U64:
      if (v.u64 <= static_cast<std::uint64_t>(INT64_MAX)) return FieldValue(static_cast<std::int64_t>(v.u64));
      return FieldValue(static_cast<double>(v.u64));
    case AMQP_FIELD_KIND_F32:
      return FieldValue(static_cast<double>(v.f32));
    case AMQP_FIELD_KIND_F64:
      return FieldValue(v.f64);
    case AMQP_FIELD_KIND_DECIMAL:
      return FieldValue(static_cast<double>(v.decimal.value) * std::pow(10.0, -static_cast<int>(v.decimal.decimals)));
    case AMQP_FIELD_KIND_UTF8:
      return FieldValue(std::string(view(v.bytes)));
    case AMQP_FIELD_KIND_BYTES:
      return FieldValue(ByteString{std::string(view(v.bytes))});
    case AMQP_FIELD_KIND_TIMESTAMP:
      return FieldValue(Timestamp{v.u64});
    case AMQP_FIELD_KIND_TABLE:
      return FieldValue(fieldTable(v.table));
    case AMQP_FIELD_KIND_ARRAY: {
      FieldArray array;
      array.reserve(static_cast<std::size_t>(v.array.num_entries));
      for (int i = 0; i < v.array.num_entries; ++i) array.push_back(decodeValue(v.array.entries[i]));
      return FieldValue(std::move(array));
    }
    default:
      return {};
  }
}

// Walks encoded octets; every step is held against the end of what encloses it.
class Walker {
 public:
  explicit Walker(std::span<const std::byte> octets) : octets_(octets) {}

  std::size_t table(std::size_t at, std::size_t end, int depth) { return sized(at, end, depth, true); }

 private:
  [[noreturn]] static void bad(const char* what) {
    throw Error(ErrorCode::protocolError, std::string("The peer sent a malformed field table: ") + what);
  }
  static std::size_t skip(std::size_t at, std::size_t end, std::size_t count) {
    if (count > end - at) bad("it ends within a value");
    return at + count;
  }

  std::size_t sized(std::size_t at, std::size_t end, int depth, bool named) {
    if (depth > maxTableDepth) bad(("nested deeper than " + std::to_string(maxTableDepth)).c_str());
    const std::size_t body = skip(at, end, 4);
    const std::size_t limit = skip(body, end, getU32(octets_.data() + at));
    for (at = body; at < limit;) {
      if (named) {
        const std::size_t name = skip(at, limit, 1);
        at = skip(name, limit, std::to_integer<std::size_t>(octets_[at]));
      }
      at = value(at, limit, depth);
    }
    return limit;
  }

  std::size_t value(std::size_t at, std::size_t end, int depth) {
    const std::size_t body = skip(at, end, 1);
    switch (std::to_integer<char>(octets_[at])) {
      case AMQP_FIELD_KIND_VOID:
        return body;
      case AMQP_FIELD_KIND_BOOLEAN:
      case AMQP_FIELD_KIND_I8:
      case AMQP_FIELD_KIND_U8:
        return skip(body, end, 1);
      case AMQP_FIELD_KIND_I16:
      case AMQP_FIELD_KIND_U16:
        return skip(body, end, 2);
      case AMQP_FIELD_KIND_I32:
      case AMQP_FIELD_KIND_U32:
      case AMQP_FIELD_KIND_F32:
        return skip(body, end, 4);
      case AMQP_FIELD_KIND_I64:
      case AMQP_FIELD_KIND_U64:
      case AMQP_FIELD_KIND_F64:
      case AMQP_FIELD_KIND_TIMESTAMP:
        return skip(body, end, 8);
      case AMQP_FIELD_KIND_DECIMAL:
        return skip(body, end, 5);
      case AMQP_FIELD_KIND_UTF8:
      case AMQP_FIELD_KIND_BYTES: {
        const std::size_t text = skip(body, end, 4);
        return skip(text, end, getU32(octets_.data() + body));
      }
      case AMQP_FIELD_KIND_TABLE:
        return sized(body, end, depth + 1, true);
      case AMQP_FIELD_KIND_ARRAY:
        return sized(body, end, depth + 1, false);
      default:
        bad("a value of an unknown kind");
    }
  }

  std::span<const std::byte> octets_;
};

}  // namespace

amqp_table_t encodableTable(const FieldTable& table, DecodePool& pool) { return encodeTable(table, pool, 1); }

FieldTable fieldTable(const amqp_table_t& table) {
  FieldTable out;
  for (int i = 0; i < table.num_entries; ++i) {
    out.insert_or_assign(std::string(view(table.entries[i].key)), decodeValue(table.entries[i].value));
  }
  return out;
}

std::size_t checkTable(std::span<const std::byte> encoded, std::size_t offset) {
  return Walker(encoded).table(std::min(offset, encoded.size()), encoded.size(), 1);
}

}  // namespace matmq::amqp

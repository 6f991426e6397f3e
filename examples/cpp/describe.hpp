#pragma once

#include <filesystem>
#include <matmq/matmq.hpp>
#include <nlohmann/json.hpp>
#include <optional>

/// What a message is, in JSON. Keeps an image as a file in `out`, named by `number`.
/// @throws matmq::Error when it says it is an image and is none
nlohmann::ordered_json describe(const matmq::Message& message, int number,
                                const std::optional<std::filesystem::path>& out);
/// `text`, `binary`, `image` or `eot`: as marked by the sender, or as seen in a stranger's message.
std::string kindOf(const matmq::Message& message);

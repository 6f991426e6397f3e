// The options that both programs have.
#pragma once

#include <CLI/CLI.hpp>
#include <matmq/matmq.hpp>

/// Adds --url, --ca, --name, --exchange and --exchange-type, which write straight into the options of a producer or
/// consumer.
void addConnectionOptions(CLI::App& app, matmq::ConnectionOptions& connection, matmq::AmqpConnectionOptions& exchange);

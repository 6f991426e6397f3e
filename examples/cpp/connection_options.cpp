#include "connection_options.hpp"

void addConnectionOptions(CLI::App& app, matmq::ConnectionOptions& connection, matmq::AmqpConnectionOptions& exchange) {
  // A list for fail-over is possible too; one URL is what the other languages' programs take.
  app.add_option_function<std::string>("--url", [&connection](const std::string& url) { connection.url = {url}; });
  app.add_option_function<std::string>(
      "--ca",
      [&connection](const std::string& path) {
        connection.tls = matmq::TlsOptions{.ca = matmq::PemSource{.file = path}};
      },
      "the authority of the broker's certificate, for amqps:");
  app.add_option("--name", connection.name);
  app.add_option("--exchange", exchange.exchange);
  app.add_option("--exchange-type", exchange.exchangeType);
}

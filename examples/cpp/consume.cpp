// Receives until the end of transmission; prints one line of JSON for each message and keeps images as files.
//
//   consume --exchange frames --exchange-type fanout --out received
#include <iostream>
#include <matmq/matmq.hpp>

#include "connection_options.hpp"
#include "describe.hpp"

using Json = nlohmann::ordered_json;

namespace {

struct Arguments {
  matmq::ConsumerOptions options;
  std::optional<std::filesystem::path> out;
};

Arguments parse(int argc, char** argv) {
  Arguments result;
  CLI::App app{"Receives until the end of transmission."};
  addConnectionOptions(app, result.options, result.options);
  app.add_option("--routing-key", result.options.routingKey, "may be given several times")->type_name("KEY");
  app.add_option_function<std::string>(
      "--queue", [&result](const std::string& name) { result.options.queue = {.name = name, .arguments = {}}; },
      "a named queue instead of a temporary one");
  app.add_option("--out", result.out, "folder for the received images");
  for (auto* option : app.get_options()) option->allow_extra_args(false);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return result;
}

void say(const Json& line) { std::cout << line.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl; }

/// The next message, or nothing at the end of transmission.
std::shared_ptr<const matmq::Message> next(matmq::Consumer& consumer) {
  try {
    return consumer.receive();
  } catch (const matmq::Error& error) {
    if (error.code() != matmq::ErrorCode::endOfTransmission) throw;
    return nullptr;
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const Arguments arguments = parse(argc, argv);
  if (arguments.out) std::filesystem::create_directories(*arguments.out);
  matmq::Consumer consumer(arguments.options);
  say({{"ready", true}});
  for (int number = 0; const auto message = next(consumer); ++number) {
    try {
      say(describe(*message, number, arguments.out));
    } catch (const matmq::Error& error) {
      std::cerr << "message " << number << ": " << error.what() << '\n';
      say({{"type", kindOf(*message)}, {"error", error.what()}});
    }
  }
  say({{"eot", true}});
  consumer.exit();
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}

// Publishes texts and images in the order of the command line.
//
//   publish --exchange frames --exchange-type fanout --text hello --image a.png --encoding .jpg --image b.png --eot
#include <iostream>
#include <matmq/matmq.hpp>

#include "connection_options.hpp"

namespace {

struct Item {
  enum class Kind { text, image, eot } kind;
  std::string value;
  matmq::ImageFormat format = matmq::ImageFormat::png;
};

struct Arguments {
  matmq::ProducerOptions options;
  std::vector<Item> items;
};

Arguments parse(int argc, char** argv) {
  Arguments result;
  CLI::App app{"Publishes texts and images in the order of the command line."};
  addConnectionOptions(app, result.options, result.options);
  app.add_option("--routing-key", result.options.routingKey);
  std::vector<std::string> texts, images, encodings;
  const auto* text = app.add_option("--text", texts)->type_name("STR");
  const auto* image = app.add_option("--image", images)->type_name("PATH");
  const auto* encoding =
      app.add_option("--encoding", encodings, "of the --image before")->type_name(".png|.jpg|.bmp|.webp|raw");
  const auto* eot = app.add_flag("--eot");
  for (auto* option : app.get_options()) option->allow_extra_args(false);  // `--text a b` is a mistake, not two texts
  try {
    app.parse(argc, argv);
    auto nextText = texts.begin();
    auto nextImage = images.begin();
    auto nextEncoding = encodings.begin();
    for (const auto* option : app.parse_order()) {
      if (option == text) result.items.push_back({Item::Kind::text, *nextText++});
      if (option == image) result.items.push_back({Item::Kind::image, *nextImage++});
      if (option == eot) result.items.push_back({Item::Kind::eot, {}});
      if (option != encoding) continue;
      if (result.items.empty() || result.items.back().kind != Item::Kind::image) {
        throw CLI::ValidationError("--encoding", "belongs after its --image");
      }
      result.items.back().format = matmq::parseImageFormat(*nextEncoding++);
    }
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) try {
  const Arguments arguments = parse(argc, argv);
  matmq::Producer producer(arguments.options);
  for (const auto& item : arguments.items) {
    switch (item.kind) {
      case Item::Kind::text:
        producer.send(item.value);
        break;
      case Item::Kind::image:
        producer.sendImage(matmq::readImage(item.value), item.format);
        break;
      case Item::Kind::eot:
        producer.sendEOT();
        break;
    }
  }
  producer.flushAndExit();
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}

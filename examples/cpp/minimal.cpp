// Sends a picture through RabbitMQ on this machine and receives it.
#include <iostream>
#include <matmq/matmq.hpp>
#include <opencv2/core.hpp>

int main() try {
  matmq::Consumer consumer;  // first: its temporary queue gets what is sent from now on
  matmq::Producer producer;  // user guest on localhost, exchange my_exchange_1, routing key my_key_1

  const cv::Mat picture(480, 640, CV_8UC3, cv::Scalar(255, 128, 0));
  producer.send("two pictures follow");
  producer.sendImage(picture);                           // as PNG
  producer.sendImage(picture, matmq::ImageFormat::raw);  // as it is: the fastest
  producer.flushAndExit();

  std::cout << consumer.receive()->body.text() << '\n';
  for (int i = 0; i < 2; ++i) std::cout << consumer.receiveImage().image.mat.size() << '\n';
} catch (const matmq::Error& error) {
  std::cerr << error.codeName() << ": " << error.what() << '\n';
  return 1;
}

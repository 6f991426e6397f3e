// Everything a C++ program needs: matmq::Producer, matmq::Consumer, images and errors.
#pragma once

#include <matmq/consumer.hpp>
#include <matmq/image_file.hpp>
#include <matmq/producer.hpp>
#include <matmq/version.hpp>

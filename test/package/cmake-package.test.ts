// The core as C++ projects take it: installed, found by find_package, linked as matmq::matmq.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { outputOf } from '../support/child-program.js';

const PROJECT = `
cmake_minimum_required(VERSION 3.25)
project(somebodys LANGUAGES CXX)
find_package(matmq REQUIRED)
add_executable(program program.cpp)
target_link_libraries(program PRIVATE matmq::matmq)
`;
const PROGRAM = `
#include <iostream>
#include <matmq/matmq.hpp>
#include <opencv2/core.hpp>
int main(int, char** arguments) {
  matmq::ConsumerOptions receiving;
  receiving.url = {arguments[1]};
  matmq::ProducerOptions sending;
  sending.url = receiving.url;
  receiving.exchange = sending.exchange = "installed-package";
  matmq::Consumer consumer(receiving);
  matmq::Producer producer(sending);
  producer.sendImage(cv::Mat(3, 4, CV_8UC1, cv::Scalar(7)));
  std::cout << consumer.receiveImage().image.mat.size();
}
`;

describe('the installed CMake package', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'matmq-package-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('builds a program of another project, which sends and receives', { timeout: 120_000 }, async () => {
    const prefix = join(folder, 'prefix');
    const build = join(folder, 'build');
    await outputOf(['cmake', '--install', 'build/core', '--prefix', prefix]);
    await writeFile(join(folder, 'program.cpp'), PROGRAM);
    await writeFile(join(folder, 'CMakeLists.txt'), PROJECT);
    await outputOf(['cmake', '-S', folder, '-B', build, '-G', 'Ninja', `-DCMAKE_PREFIX_PATH=${prefix}`]);
    await outputOf(['cmake', '--build', build]);
    const output = await outputOf([join(build, 'program'), inject('brokerUrl')]);
    expect(output).toBe('[4 x 3]');
  });
});

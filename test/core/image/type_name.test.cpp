#include "support.hpp"

TEST_CASE("every type that travels has a name that leads back to it") {
  for (int depth = CV_8U; depth <= CV_64F; ++depth) {
    for (int channels = 1; channels <= CV_CN_MAX; ++channels) {
      const int type = CV_MAKETYPE(depth, channels);
      const auto parsed = matmq::parseTypeName(matmq::typeName(type));
      REQUIRE(parsed.has_value());
      CHECK(*parsed == type);
    }
  }
}

TEST_CASE("channels above four stand in parentheses, and are read without them too") {
  CHECK(matmq::typeName(CV_8UC3) == "CV_8UC3");
  CHECK(matmq::typeName(CV_16SC4) == "CV_16SC4");
  CHECK(matmq::typeName(CV_8UC(7)) == "CV_8UC(7)");
  CHECK(matmq::typeName(CV_64FC(512)) == "CV_64FC(512)");
  CHECK(matmq::typeName(CV_16FC1) == "CV_16FC1");
  CHECK(matmq::parseTypeName("CV_8UC7") == CV_8UC(7));
  CHECK(matmq::parseTypeName("CV_8UC(3)") == CV_8UC3);
}

TEST_CASE("what is no type has no number") {
  for (const auto* name :
       {"",         "CV_",       "CV_8U",       "CV_8UC",   "CV_8UC0",  "CV_8UC03", "CV_8UC-1",
        "CV_8UC+1", "CV_8UC513", "CV_8UC3 ",    " CV_8UC3", "cv_8uc3",  "CV_8UC(",  "CV_8UC()",
        "CV_8UC(3", "CV_8UC3)",  "CV_8UC((3))", "CV_9UC1",  "CV_16FC1", "CV_32UC1", "CV_8UC99999999999999999999",
        "8UC3"}) {
    CAPTURE(name);
    CHECK_FALSE(matmq::parseTypeName(name));
  }
}

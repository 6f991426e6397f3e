# The same addon through node-gyp, from the same sources. CMakeLists.txt is the build that releases use; this one
# is for those who build native modules with node-gyp only. It is not published: npm would run it at every install.
{
  "targets": [
    {
      "target_name": "matmq",
      "sources": ["<!@(find native/core native/addon -name '*.cpp')"],
      "include_dirs": ["native/core/include", "native/core/src", "native/addon"],
      "defines": [
        "NAPI_VERSION=8",
        "NAPI_CPP_EXCEPTIONS",
        "NODE_ADDON_API_CPP_EXCEPTIONS_ALL",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
        "MATMQ_VERSION=\"<!(node -p \"require('./package.json').version\")\""
      ],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": [
        "-std=c++20", "-fexceptions", "-frtti", "-fvisibility=hidden", "-fvisibility-inlines-hidden",
        "-isystem<!(node -p \"require('node:path').dirname(require.resolve('node-addon-api/package.json'))\")",
        "<!@(pkg-config --cflags opencv4 librabbitmq libjpeg libpng libwebp libisal gnutls libtiff-4 | sed 's/-I/-isystem/g')"
      ],
      "libraries": [
        "-lopencv_imgproc", "-lopencv_core",
        "<!@(pkg-config --libs librabbitmq libjpeg libpng libwebp libisal)",
        "-ldl", "-Wl,-z,nodelete", "-Wl,--gc-sections"
      ]
    }
  ]
}

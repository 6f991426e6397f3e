# `node-gyp rebuild` runs the one build there is, that of CMake, which leaves the addon where node-gyp would put it:
# build/Release/matmq.node. Not published: npm would run it at every install.
{
  "targets": [
    {
      "target_name": "matmq",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake",
          "inputs": [],
          # No such file is ever made, so that make asks CMake each time: CMake knows what is up to date.
          "outputs": ["<(PRODUCT_DIR)/matmq-is-never-up-to-date"],
          # The headers that node-gyp found, for a Node that has none beside it.
          "action": ["env", "npm_config_nodedir=<(node_root_dir)", "node", "scripts/build-native.mjs"]
        }
      ]
    }
  ]
}

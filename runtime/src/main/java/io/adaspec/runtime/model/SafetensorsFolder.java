package io.adaspec.runtime.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.adaspec.runtime.tensor.WeightTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The weights of a Hugging Face folder: {@code model.safetensors}, or several files that {@code
 * model.safetensors.index.json} names. Tensors are views, valid until {@link #close}.
 */
final class SafetensorsFolder implements AutoCloseable {
  private static final String WHOLE = "model.safetensors";
  private static final String INDEX = WHOLE + ".index.json";
  private static final int MOST_FILES = 1024;

  /** Plain names: an index leads to no other folder. */
  private static final Pattern FILE_NAME = Pattern.compile("[\\w-][\\w.-]*\\.safetensors");

  private final Map<String, SafetensorsFile> files = new HashMap<>();
  private final Map<String, SafetensorsFile> tensors = new HashMap<>();

  private SafetensorsFolder() {}

  /**
   * Opens all files.
   *
   * @throws ModelFormatException if files or tensors are missing, or a file is not sound
   */
  static SafetensorsFolder open(Path folder) throws IOException {
    SafetensorsFolder opened = new SafetensorsFolder();
    try {
      if (Files.exists(folder.resolve(WHOLE))) {
        SafetensorsFile file = opened.file(folder, WHOLE);
        file.names().forEach(name -> opened.tensors.put(name, file));
      } else if (Files.exists(folder.resolve(INDEX))) {
        opened.index(folder);
      } else {
        throw new ModelFormatException(
            folder.getFileName() + " has neither " + WHOLE + " nor " + INDEX);
      }
      return opened;
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private void index(Path folder) throws IOException {
    JsonNode map = JsonFiles.read(folder.resolve(INDEX)).path("weight_map");
    if (!map.isObject()) {
      throw new ModelFormatException(INDEX + " has no weight_map");
    }
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      String name = entry.getKey();
      SafetensorsFile file = file(folder, entry.getValue().asText());
      if (!file.names().contains(name)) {
        throw new ModelFormatException(
            INDEX + " has tensor " + name + " in " + entry.getValue() + ", which has it not");
      }
      tensors.put(name, file);
    }
  }

  private SafetensorsFile file(Path folder, String name) throws IOException {
    SafetensorsFile open = files.get(name);
    if (open != null) {
      return open;
    }
    if (!FILE_NAME.matcher(name).matches() || files.size() == MOST_FILES) {
      throw new ModelFormatException(
          INDEX
              + " names the file \""
              + name
              + "\"; at most "
              + MOST_FILES
              + " names *.safetensors without a folder are accepted");
    }
    if (!Files.exists(folder.resolve(name))) {
      throw new ModelFormatException(
          folder.getFileName() + " has no " + name + ", which " + INDEX + " names; download it");
    }
    SafetensorsFile file = SafetensorsFile.open(folder.resolve(name));
    files.put(name, file);
    return file;
  }

  /** Names of all tensors. */
  Set<String> names() {
    return Set.copyOf(tensors.keySet());
  }

  /** The tensor of one of the {@link #names}. */
  WeightTensor tensor(String name) {
    SafetensorsFile file = tensors.get(name);
    if (file == null) {
      throw new ModelFormatException("the folder has no tensor " + name);
    }
    return file.tensor(name);
  }

  /** Unmaps all files; tensors must not be read afterwards. */
  @Override
  public void close() {
    files.values().forEach(SafetensorsFile::close);
  }
}

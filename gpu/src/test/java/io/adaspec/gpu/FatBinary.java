package io.adaspec.gpu;

import io.airlift.compress.zstd.ZstdDecompressor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what nvcc packs into a fat binary: a header of 16 bytes, then code objects, each with a
 * header of its own: kind (16 bits), header size (32 bits at 4), padded size (64 bits at 8), size
 * (32 bits at 16), architecture (32 bits at 28), flags (64 bits at 40), unpacked size (64 bits at
 * 56).
 */
final class FatBinary {
  private static final int PTX = 1;
  private static final long ZSTD = 0x8000;
  private static final Pattern PTX_ENTRY = Pattern.compile("\\.entry\\s+(\\w+)");
  private static final String ELF_KERNEL = ".text.";

  private FatBinary() {}

  /**
   * One code object.
   *
   * @param target {@code sm_90} of a cubin, {@code compute_80} of PTX
   * @param kernels names of its kernels, in order
   */
  record CodeObject(String target, Set<String> kernels) {}

  static List<CodeObject> read(byte[] image) {
    ByteBuffer in = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    int at = in.getShort(6);
    long end = at + in.getLong(8);
    List<CodeObject> objects = new ArrayList<>();
    while (at < end) {
      boolean ptx = in.getShort(at) == PTX;
      int header = in.getInt(at + 4);
      byte[] code = new byte[Math.toIntExact(in.getLong(at + 56))];
      if ((in.getLong(at + 40) & ZSTD) == 0) {
        throw new AssertionError("a code object is not packed as --compress-mode=size does");
      }
      new ZstdDecompressor()
          .decompress(image, at + header, in.getInt(at + 16), code, 0, code.length);
      String target = (ptx ? "compute_" : "sm_") + in.getInt(at + 28);
      objects.add(new CodeObject(target, ptx ? ptxKernels(code) : elfKernels(code)));
      at += header + Math.toIntExact(in.getLong(at + 8));
    }
    return objects;
  }

  private static Set<String> ptxKernels(byte[] code) {
    Set<String> names = new TreeSet<>();
    Matcher entry = PTX_ENTRY.matcher(new String(code, StandardCharsets.ISO_8859_1));
    while (entry.find()) {
      names.add(entry.group(1));
    }
    return names;
  }

  /** A kernel's instructions lie in a section of their own. */
  private static Set<String> elfKernels(byte[] code) {
    ByteBuffer elf = ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN);
    int sections = Math.toIntExact(elf.getLong(40));
    int size = elf.getShort(58);
    int names = Math.toIntExact(elf.getLong(sections + elf.getShort(62) * size + 24));
    Set<String> kernels = new TreeSet<>();
    for (int i = 0; i < elf.getShort(60); i++) {
      String name = text(code, names + elf.getInt(sections + i * size));
      if (name.startsWith(ELF_KERNEL)) {
        kernels.add(name.substring(ELF_KERNEL.length()));
      }
    }
    return kernels;
  }

  private static String text(byte[] code, int at) {
    int end = at;
    while (code[end] != 0) {
      end++;
    }
    return new String(code, at, end - at, StandardCharsets.ISO_8859_1);
  }
}

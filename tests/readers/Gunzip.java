import java.io.FileInputStream;
import java.util.zip.GZIPInputStream;

/** Writes what Java's own reader makes of a gzip file to standard output. */
class Gunzip {
  public static void main(String[] files) throws Exception {
    try (var file = new GZIPInputStream(new FileInputStream(files[0]))) {
      file.transferTo(System.out);
    }
  }
}

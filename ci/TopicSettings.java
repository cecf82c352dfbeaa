import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.storage.internals.log.LogConfig;

/** Prints Kafka's topic settings as JSON: {name: {type, default, valid}}. Run: java -cp JARS TopicSettings.java */
class TopicSettings {
    public static void main(String[] arguments) throws Exception {
        Map<String, ConfigDef.ConfigKey> keys = new TreeMap<>(definition().configKeys());
        List<String> lines = new ArrayList<>();
        for (ConfigDef.ConfigKey key : keys.values()) {
            if (key.internalConfig) continue;
            Object initial = key.hasDefault() ? ConfigDef.convertToString(key.defaultValue, key.type) : null;
            String valid = key.validator == null ? "" : key.validator.toString();
            lines.add(quote(key.name) + ": {\"type\": " + quote(key.type.name()) + ", \"default\": "
                + (initial == null ? "null" : quote(initial.toString())) + ", \"valid\": " + quote(valid) + "}");
        }
        System.out.println("{\n" + String.join(",\n", lines) + "\n}");
    }

    private static ConfigDef definition() throws Exception {
        Method copy = LogConfig.class.getMethod("configDefCopy");
        return (ConfigDef) copy.invoke(null);
    }

    private static String quote(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
}

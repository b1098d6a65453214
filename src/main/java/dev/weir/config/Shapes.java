package dev.weir.config;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The records as a language: the keys of each record type, how to make one and how to take it apart. The only place that
 * reflects. Safe for use by several threads.
 */
final class Shapes {
    private static final Map<Class<?>, Fields> KNOWN = new ConcurrentHashMap<>();

    private Shapes() {}

    /** One key of a record. */
    record Field(String name, Key key, Shape shape, Method accessor) {
        /** The component's value. */
        @Nullable Object of(Record owner) {
            try {
                return accessor.invoke(owner);
            } catch (ReflectiveOperationException impossible) {
                throw new LinkageError(impossible.getMessage(), impossible);
            }
        }
    }

    /**
     * The keys of a record type in order, their names, what stands in for each that is not written (null where there is
     * nothing), and its maker: a constructor, or {@code of} when not all components are keys.
     */
    record Fields(
            List<Field> all, List<String> names, List<@Nullable Object> standIns, boolean shorthand, Executable maker) {
        /** Makes the record from its keys' values, in order. */
        Object make(@Nullable Object[] values) {
            try {
                return maker instanceof Constructor<?> constructor
                        ? constructor.newInstance(values)
                        : ((Method) maker).invoke(null, values);
            } catch (InvocationTargetException refused) {
                if (refused.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw new AssertionError(refused);
            } catch (ReflectiveOperationException impossible) {
                throw new LinkageError(impossible.getMessage(), impossible);
            }
        }

        /** Whether some key must be written. */
        boolean demanding() {
            return all.stream().anyMatch(field -> field.key().required());
        }
    }

    static Fields of(Class<? extends Record> type) {
        Fields known = KNOWN.get(type);
        if (known == null) {
            known = read(type);
            KNOWN.put(type, known);
        }
        return known;
    }

    /** The key of this name, which must be there. */
    static Field field(Class<? extends Record> type, String name) {
        return of(type).all().stream()
                .filter(field -> field.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(type.getSimpleName() + " has no key " + name));
    }

    private static Fields read(Class<? extends Record> type) {
        RecordComponent[] components = type.getRecordComponents();
        List<Field> fields = new ArrayList<>();
        List<Class<?>> types = new ArrayList<>();
        for (RecordComponent component : components) {
            Key key = component.getAnnotation(Key.class);
            if (key != null) {
                Shape shape = shape(component.getGenericType(), key);
                fields.add(new Field(kebab(component.getName()), key, shape, component.getAccessor()));
                types.add(component.getType());
            }
        }
        boolean shorthand = ((AnnotatedElement) type).isAnnotationPresent(Shorthand.class);
        return new Fields(
                List.copyOf(fields),
                fields.stream().map(Field::name).toList(),
                fields.stream().<@Nullable Object>map(Shapes::standIn).toList(),
                shorthand,
                maker(type, types, components.length));
    }

    private static @Nullable Object standIn(Field field) {
        boolean none = field.key().required() && field.shape() instanceof Shape.Single;
        return none ? null : ConfigDefaults.of(field);
    }

    private static Executable maker(Class<?> type, List<Class<?>> types, int components) {
        Class<?>[] parameters = types.toArray(new Class<?>[0]);
        try {
            return parameters.length == components
                    ? type.getDeclaredConstructor(parameters)
                    : type.getDeclaredMethod("of", parameters);
        } catch (NoSuchMethodException missing) {
            throw new AssertionError(type + " cannot be made from its keys " + Arrays.toString(parameters), missing);
        }
    }

    private static Shape shape(Type type, Key key) {
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            Shape element = shape(arguments[arguments.length - 1], key);
            return arguments.length == 1 ? new Shape.Many(element) : new Shape.Named(key.names(), element);
        }
        Class<?> plain = (Class<?>) type;
        if (plain.isRecord()) {
            return new Shape.Section(plain.asSubclass(Record.class));
        }
        if (plain.isEnum()) {
            @SuppressWarnings("unchecked") // isEnum() says so
            Class<? extends Enum<?>> choice = (Class<? extends Enum<?>>) plain;
            return new Shape.Choice(choice);
        }
        return new Shape.Single(key.kind(), plain);
    }

    /** {@code trustedProxies} becomes {@code trusted-proxies}. */
    static String kebab(String name) {
        StringBuilder kebab = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            kebab.append(Character.isUpperCase(c) ? "-" + c : String.valueOf(c));
        }
        return kebab.toString().toLowerCase(Locale.ROOT);
    }
}
